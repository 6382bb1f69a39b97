import type { App } from '../../app.ts';
import { pluralize } from '../../lib/format.ts';
import { printResult, exitCodes } from '../command.ts';
import type { Command, CommandContext } from '../command.ts';

export interface MigrateResult {
  /** Names of the migrations applied now. */
  readonly applied: readonly string[];
}

export async function migrateState(app: App): Promise<MigrateResult> {
  return { applied: await (await app.state()).migrate() };
}

async function run(context: CommandContext): Promise<number> {
  const result = await migrateState(await context.app());
  const { applied } = result;
  printResult(context, result, () =>
    applied.length === 0
      ? 'The state database is up to date.'
      : `Applied ${pluralize(applied.length, 'migration')}:\n${applied.map((name) => `  ${name}`).join('\n')}`,
  );
  return exitCodes.ok;
}

export const migrateCommand: Command = {
  name: 'migrate',
  summary: 'Applies the migrations of the state database (run and start do so too)',
  args: [],
  options: [],
  run,
};
