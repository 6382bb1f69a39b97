import type { App } from '../../app.ts';
import type { Rejection } from '../../core/ports/row-lists.ts';
import type { ReasonCount } from '../../core/model/terms.ts';
import { formatNumber, formatTimestamp } from '../../lib/format.ts';
import { sanitize } from '../../lib/terminal/printable.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { rowErrorsText } from './format.ts';
import { countRows } from './reasons.ts';
import { otherReasonsText } from './row-list.ts';
import type { RowList, RowListRequest } from './row-list.ts';

export interface RejectionsView extends Pick<RowListRequest, 'reason'> {
  readonly sync: string;
  readonly rejections: readonly Rejection[];
  /** Of all open rejections, listed or not. */
  readonly reasons: readonly ReasonCount[];
}

/** The open rejections of a sync; a row with several errors is counted by the first and found by each of them. */
export async function loadRejections(
  app: App,
  syncName: string,
  { limit, reason }: Pick<RowListRequest, 'limit' | 'reason'>,
): Promise<RejectionsView> {
  const { name: sync } = app.sync(syncName);
  const records = await app.records();
  const rejections = await records.rejections(sync, limit, reason);
  return { sync, rejections, reasons: await records.reasons({ list: 'rejections', sync }), reason };
}

export function rejectionsList(view: RejectionsView, terminal: Terminal): RowList<Rejection> {
  return {
    reasons: view.reasons,
    rows: view.rejections,
    columns: {
      email: ({ email, key }) => email ?? key,
      by: ({ by }) => by,
      code: ({ code }) => code,
      message: ({ message }) => message,
      field: ({ field }) => field,
      runId: ({ runId }) => runId,
      firstSeenAt: ({ firstSeenAt }) => firstSeenAt,
      lastSeenAt: ({ lastSeenAt }) => lastSeenAt,
      attempts: ({ attempts }) => attempts,
    },
    document: (rejection) => rejection,
    text: () => rejectionsText(view, terminal),
  };
}

function rejectionsText({ sync, rejections, reasons, reason }: RejectionsView, terminal: Terminal): string {
  if (reasons.length === 0) return `${sync} has no open rejections.`;
  if (rejections.length === 0) return `${sync} has no open rejections ${otherReasonsText(reason ?? '', reasons)}.`;
  const rows = rejections.map((rejection) => [
    sanitize(rejection.email ?? rejection.key),
    rejection.by,
    rowErrorsText(rejection.faults),
    rejection.runId,
    formatTimestamp(rejection.lastSeenAt),
    `${formatNumber(rejection.attempts)}${rejection.retry ? ', will be retried' : ''}`,
  ]);
  const table = terminal.table(
    [
      'e-mail',
      'by',
      { title: 'reason', whenNarrow: 'wrap' },
      { title: 'run', align: 'right', whenNarrow: 'omit' },
      { title: 'last seen', whenNarrow: 'omit' },
      { title: 'attempts', whenNarrow: 'omit' },
    ],
    rows,
  );
  const total = countRows(reasons);
  const truncation =
    reason === null && rejections.length < total
      ? `${formatNumber(rejections.length)} of ${formatNumber(total)} rejections; --limit shows more.\n`
      : '';
  const explanation =
    'Rows that failed validation are checked again in every run. Rows that the Hub (destination) rejected are sent ' +
    `again when they change, or after panelsync retry ${sync}.`;
  return `${table}\n\n${truncation}${terminal.colours.dim(explanation)}`;
}
