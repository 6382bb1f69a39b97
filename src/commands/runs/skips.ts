import type { App } from '../../app.ts';
import type { RunReport } from '../../core/model/terms.ts';
import type { Skip } from '../../core/ports/row-lists.ts';
import { formatNumber, pluralize } from '../../lib/format.ts';
import { sanitize } from '../../lib/terminal/printable.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { exitCodes, printResult } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { findRun } from '../shared/find-run.ts';
import { argumentAt, booleanOption } from '../shared/options.ts';
import { csvText, rowsOptions, rowsRequest } from '../shared/rows-options.ts';

interface SkipsRequest {
  readonly run: string;
  readonly duplicates: boolean;
  readonly limit: number | null;
  /** Only those with this reason; `null`: all. */
  readonly reason: string | null;
}

export interface SkipsView extends Pick<SkipsRequest, 'duplicates' | 'reason'> {
  readonly report: RunReport;
  readonly skips: readonly Skip[];
}

/** Rows that a run skipped; with `duplicates`, the keys that occur more than once in its model. */
export async function loadSkips(app: App, request: SkipsRequest): Promise<SkipsView> {
  const { run: runRef, duplicates, limit, reason } = request;
  const records = await app.records();
  const report = await findRun(records, runRef, { includePlans: false });
  if (reason === null)
    return { report, skips: await records.skips(report.runId, { duplicates, limit }), duplicates, reason };
  const all = await records.skips(report.runId, { duplicates, limit: null });
  const skips = all.filter((skip) => skip.reason === reason);
  return { report, skips: limit === null ? skips : skips.slice(0, limit), duplicates, reason };
}

function skipsText({ report, skips, duplicates, reason }: SkipsView, terminal: Terminal): string {
  const { runId, rows, trigger, sync } = report;
  const what = duplicates ? 'duplicate' : 'skipped';
  const total = duplicates ? rows.duplicate : rows.skipped;
  if (skips.length === 0) {
    if (total === 0) return `Run ${runId} of ${sync} has no ${what} rows.`;
    if (reason !== null) return `Run ${runId} of ${sync} has no ${what} rows with the reason ${reason}.`;
    if (trigger === 'plan') return `Run ${runId} is a plan and keeps no rows. panelsync plan ${sync} shows a sample.`;
    return `Run ${runId} of ${sync} had ${pluralize(total, `${what} row`)}; retention.skips has removed them.`;
  }
  const cells = skips.map(({ email, key, reason: skipReason, rows: rowCount }) => [
    sanitize(email ?? key),
    duplicates ? formatNumber(rowCount) : skipReason,
  ]);
  const table = terminal.table(['e-mail', duplicates ? { title: 'rows', align: 'right' } : 'reason'], cells);
  const shown = skips.length < total ? `; ${formatNumber(skips.length)} shown` : '';
  const summary = `${pluralize(total, `${what} row`)} in run ${runId} of ${sync}${duplicates ? '' : shown}.`;
  return `${table}\n\n${terminal.colours.dim(summary)}`;
}

function skipsCsv({ skips, duplicates }: SkipsView): string {
  const rows = skips.map(({ email, key, reason, rows: count }) => [email ?? key, duplicates ? count : reason]);
  return csvText(['email', duplicates ? 'rows' : 'reason'], rows);
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const duplicates = booleanOption(input, 'duplicates');
  const { csv, ...request } = rowsRequest(context, input);
  const view = await loadSkips(await context.app(), { run: argumentAt(input, 0), duplicates, ...request });
  if (csv) context.terminal.printRows(skipsCsv(view));
  else printResult(context, view.skips, () => skipsText(view, context.terminal));
  return exitCodes.ok;
}

export const skipsCommand: Command = {
  name: 'skips',
  summary: 'Rows that a run skipped, each with its reason',
  args: [{ name: '<run>', description: 'id of the run, or latest' }],
  options: [
    { flags: '--duplicates', description: 'list the keys that occur more than once instead' },
    ...rowsOptions('only rows with this reason, such as not_in_snapshot'),
  ],
  run,
};
