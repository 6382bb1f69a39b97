import type { App } from '../../app.ts';
import type { ReasonCount, RunReport } from '../../core/model/terms.ts';
import type { Skip } from '../../core/ports/row-lists.ts';
import { formatNumber, pluralize } from '../../lib/format.ts';
import { sanitize } from '../../lib/terminal/printable.ts';
import { exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { findRun } from '../shared/find-run.ts';
import { argumentAt, booleanOption, usageError } from '../shared/options.ts';
import { countText, otherReasonsText, printRowList, rowListOptions, rowListRequest } from '../shared/row-list.ts';
import type { RowList, RowListRequest } from '../shared/row-list.ts';

interface SkipsView extends Pick<RowListRequest, 'reason'> {
  readonly duplicates: boolean;
  readonly report: RunReport;
  readonly skips: readonly Skip[];
  /** Of all rows of the list; none of duplicates, which have one. */
  readonly reasons: readonly ReasonCount[];
}

interface SkipsRequest extends Pick<RowListRequest, 'limit' | 'reason'> {
  readonly run: string;
  readonly duplicates: boolean;
}

/** Rows that a run skipped; with `duplicates`, the keys that occur more than once in its model. */
async function loadSkips(app: App, { run: runRef, duplicates, limit, reason }: SkipsRequest): Promise<SkipsView> {
  const records = await app.records();
  const report = await findRun(records, runRef, { includePlans: false });
  const { runId } = report;
  return {
    duplicates,
    report,
    skips: await records.skips(runId, { duplicates, limit, reason }),
    reasons: duplicates ? [] : await records.reasons({ list: 'skips', runId }),
    reason,
  };
}

function skipsList(view: SkipsView): RowList<Skip> {
  const { duplicates, reasons, skips } = view;
  return {
    reasons,
    rows: skips,
    columns: {
      email: ({ email, key }) => email ?? key,
      ...(duplicates ? { rows: ({ rows }) => rows } : { reason: ({ reason }) => reason }),
    },
    document: (skip) => skip,
    table: {
      columns: ['e-mail', duplicates ? { title: 'rows', align: 'right' } : 'reason'],
      cells: ({ email, key, reason, rows }) => [sanitize(email ?? key), duplicates ? formatNumber(rows) : reason],
      summary: summaryText(view),
      none: noSkipsText(view),
    },
  };
}

function summaryText(view: SkipsView): string {
  const { report, skips, duplicates } = view;
  const { what, total } = listed(view);
  const subject = `${pluralize(total, `${what} row`)} in run ${report.runId} of ${report.sync}`;
  // Duplicates are listed by key, and counted by row.
  return duplicates ? `${subject}.` : countText(subject, { shown: skips.length, total });
}

function listed({ duplicates, report: { rows } }: SkipsView): { readonly what: string; readonly total: number } {
  return duplicates ? { what: 'duplicate', total: rows.duplicate } : { what: 'skipped', total: rows.skipped };
}

function noSkipsText(view: SkipsView): string {
  const { runId, trigger, sync } = view.report;
  const { what, total } = listed(view);
  if (total === 0) return `Run ${runId} of ${sync} has no ${what} rows.`;
  if (trigger === 'plan') return `Run ${runId} is a plan and keeps no rows. panelsync plan ${sync} shows a sample.`;
  if (view.reason !== null)
    return `Run ${runId} of ${sync} has no ${what} rows ${otherReasonsText(view.reason, view.reasons)}.`;
  return `Run ${runId} of ${sync} had ${pluralize(total, `${what} row`)}; retention.skips has removed them.`;
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const duplicates = booleanOption(input, 'duplicates');
  const request = rowListRequest(context, input);
  if (duplicates && (request.countsOnly || request.reason !== null))
    throw usageError('Duplicates have no reasons.', 'Leave out --counts and --reason, or leave out --duplicates.');
  const view = await loadSkips(await context.app(), { run: argumentAt(input, 0), duplicates, ...request });
  printRowList(context, request, skipsList(view));
  return exitCodes.ok;
}

export const skipsCommand: Command = {
  name: 'skips',
  summary: 'Rows that a run skipped, each with its reason',
  args: [{ name: '<run>', description: 'id of the run, or latest' }],
  options: [
    { flags: '--duplicates', description: 'list the keys that occur more than once instead' },
    ...rowListOptions('only rows with this reason, such as not_in_snapshot'),
  ],
  run,
};
