import { sendTest } from '../../alerts/test-message.ts';
import type { Posted } from '../../alerts/webhook.ts';
import type { AlertSettings, Config } from '../../core/settings.ts';
import type { Terminal } from '../../lib/terminal.ts';
import { answer, exitCodes } from '../command.ts';
import type { Command, CommandContext, Input } from '../command.ts';
import { usageError } from '../shared/options.ts';

/** What came of a test message. */
interface Tested extends Posted {
  readonly webhook: string;
}

function wanted({ alerts, file }: Config, name: string | undefined): readonly AlertSettings[] {
  const all = Object.values(alerts);
  if (all.length === 0) {
    const hint = 'Write one under alerts, and see that its url is not empty.';
    throw usageError(`No webhook with an address is set in ${file}.`, hint);
  }
  const found = all.filter((alert) => name === undefined || alert.name === name);
  if (found.length > 0) return found;
  throw usageError(`There is no webhook "${name}" in ${file}.`, `Known: ${Object.keys(alerts).join(', ')}.`);
}

function testedText(tested: readonly Tested[], { colours }: Terminal): string {
  return tested
    .map(({ webhook, ok, told }) => `${ok ? colours.green('✓ sent') : colours.red('✗ not sent')}  ${webhook}: ${told}`)
    .join('\n');
}

async function run(context: CommandContext, input: Input): Promise<number> {
  const [what, name] = input.args;
  if (what !== 'test') throw usageError(`alerts knows test, not "${what}".`, 'panelsync alerts test [webhook]');
  const app = await context.app();
  const tested: readonly Tested[] = await Promise.all(
    wanted(app.config, name).map(async (alert) => ({
      webhook: alert.name,
      ...(await sendTest(alert, context.stop.drain)),
    })),
  );
  answer(context, tested, () => testedText(tested, context.terminal));
  return tested.every(({ ok }) => ok) ? exitCodes.ok : exitCodes.failed;
}

export const alertsCommand: Command = {
  name: 'alerts',
  summary: 'alerts test sends each webhook a message, and tells what came back',
  args: [
    { name: '<what>', description: 'test' },
    { name: '[webhook]', description: 'its name; without it, all' },
  ],
  options: [],
  run,
};
