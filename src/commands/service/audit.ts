import type { AuditRecord } from '../../core/ports/audit-log.ts';
import { formatTimestamp, pluralize } from '../../lib/format.ts';
import { sanitize } from '../../lib/terminal/printable.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { exitCodes, printResult } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { integerOption } from '../shared/options.ts';

const defaultLimit = 50;

/** What is counted, one of each. */
const singulars: Readonly<Record<string, string>> = {
  people: 'person',
  batches: 'batch',
  rows: 'row',
  inserts: 'insert',
  updates: 'update',
};

function auditText(records: readonly AuditRecord[], terminal: Terminal): string {
  if (records.length === 0) return 'No actions yet: nobody has paused, retried or forgotten anything by hand.';
  return terminal.table(
    [
      'time',
      'action',
      'sync',
      { title: 'run', align: 'right', whenNarrow: 'omit' },
      'caller',
      { title: 'affected', whenNarrow: 'omit' },
      { title: 'reason', whenNarrow: 'wrap' },
    ],
    records.map(({ at, action, sync, runId, caller, counts, reason }) => [
      formatTimestamp(at),
      action,
      sync ?? 'all',
      runId ?? '',
      sanitize(caller),
      Object.entries(counts)
        .map(([name, count]) => pluralize(count, singulars[name] ?? name, name))
        .join(', '),
      sanitize(reason ?? ''),
    ]),
  );
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const app = await context.app();
  const [name] = input.args;
  const sync = name === undefined ? null : app.sync(name).name;
  const limit = integerOption(input, 'limit', 1) ?? defaultLimit;
  const records = await (await app.records()).audit({ sync, limit });
  printResult(context, records, () => auditText(records, context.terminal));
  return exitCodes.ok;
}

export const auditCommand: Command = {
  name: 'audit',
  summary: 'Lists what people did by hand: when, who and why',
  args: [{ name: '[sync]', description: 'name of the sync (default: all)' }],
  options: [{ flags: '--limit <n>', description: 'number of actions', defaultValue: String(defaultLimit) }],
  run,
};
