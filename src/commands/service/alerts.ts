import { sendTestMessage } from '../../alerts/deliver.ts';
import type { PostResult } from '../../alerts/webhook.ts';
import type { AlertSettings, Config } from '../../core/settings.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { printResult, exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { usageError } from '../shared/options.ts';

/** What came of a test message. */
interface WebhookTestResult extends PostResult {
  readonly webhook: string;
}

function selectWebhooks({ alerts, file }: Config, name: string | undefined): readonly AlertSettings[] {
  const webhooks = Object.values(alerts);
  if (webhooks.length === 0) {
    const hint = 'Add one under alerts, and check that its url is not empty.';
    throw usageError(`${file} has no webhook with an address.`, hint);
  }
  const selected = webhooks.filter((alert) => name === undefined || alert.name === name);
  if (selected.length > 0) return selected;
  throw usageError(`There is no webhook "${name}" in ${file}.`, `Use one of ${Object.keys(alerts).join(', ')}.`);
}

function testResultsText(results: readonly WebhookTestResult[], { colours }: Terminal): string {
  return results
    .map(
      ({ webhook, ok, response }) =>
        `${ok ? colours.green('✓ sent') : colours.red('✗ not sent')}  ${webhook}: ${response}`,
    )
    .join('\n');
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const [action, name] = input.args;
  if (action !== 'test') throw usageError(`alerts has no action "${action}".`, 'Use panelsync alerts test [webhook].');
  const app = await context.app();
  const results: readonly WebhookTestResult[] = await Promise.all(
    selectWebhooks(app.config, name).map(async (alert) => ({
      webhook: alert.name,
      ...(await sendTestMessage(alert, { pageUrl: app.config.server.publicUrl, signal: context.shutdown.drain })),
    })),
  );
  // Programs know the response by this name.
  const document = results.map(({ webhook, ok, response }) => ({ webhook, ok, told: response }));
  printResult(context, document, () => testResultsText(results, context.terminal));
  return results.every(({ ok }) => ok) ? exitCodes.ok : exitCodes.failed;
}

export const alertsCommand: Command = {
  name: 'alerts',
  summary: 'Sends a test message to webhooks: alerts test',
  args: [
    { name: '<action>', description: 'test' },
    { name: '[webhook]', description: 'name of the webhook (default: all)' },
  ],
  options: [],
  run,
};
