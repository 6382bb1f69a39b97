import type { App } from '../../app.ts';
import { answer, exitCodes } from '../command.ts';
import type { Command, CommandContext } from '../command.ts';

export interface Migrated {
  /** Names of the migrations applied now. */
  readonly applied: readonly string[];
}

export async function migrateState(app: App): Promise<Migrated> {
  return { applied: await (await app.state()).migrate() };
}

async function run(context: CommandContext): Promise<number> {
  const migrated = await migrateState(await context.app());
  const { applied } = migrated;
  answer(context, migrated, () =>
    applied.length === 0
      ? 'The state database is up to date.'
      : `Applied:\n${applied.map((name) => `  ${name}`).join('\n')}`,
  );
  return exitCodes.ok;
}

export const migrateCommand: Command = {
  name: 'migrate',
  summary: 'Brings the tables of the state database up to date (run does it too)',
  args: [],
  options: [],
  run,
};
