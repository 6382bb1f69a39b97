import type { App } from '../../app.ts';
import type { Rejection } from '../../core/ports/row-lists.ts';
import type { ReasonCount } from '../../core/model/terms.ts';
import { formatNumber, formatTimestamp, pluralize } from '../../lib/format.ts';
import { sanitize } from '../../lib/terminal/printable.ts';
import { rowErrorsText } from './format.ts';
import { countRows } from './reasons.ts';
import { countText, otherReasonsText } from './row-list.ts';
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

export function rejectionsList(view: RejectionsView): RowList<Rejection> {
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
    table: {
      columns: [
        'e-mail',
        'by',
        { title: 'reason', whenNarrow: 'wrap' },
        { title: 'run', align: 'right', whenNarrow: 'omit' },
        { title: 'last seen', whenNarrow: 'omit' },
        { title: 'attempts', whenNarrow: 'omit' },
      ],
      cells: rejectionCells,
      summary: summaryText(view),
      none: noneText(view),
    },
  };
}

function rejectionCells({ email, key, by, faults, runId, lastSeenAt, attempts, retry }: Rejection): readonly string[] {
  const tries = `${formatNumber(attempts)}${retry ? ', will be retried' : ''}`;
  return [sanitize(email ?? key), by, rowErrorsText(faults), runId, formatTimestamp(lastSeenAt), tries];
}

/** A row with several errors is found by each of them, so a reason has no total. */
function summaryText({ sync, rejections, reasons, reason }: RejectionsView): string {
  const total = countRows(reasons);
  const count = countText(pluralize(total, 'rejection'), { shown: rejections.length, total });
  const explanation =
    'Rows that failed validation are checked again in every run. Rows that the Hub (destination) rejected are sent ' +
    `again when they change, or after panelsync retry ${sync}.`;
  return reason === null ? `${count} ${explanation}` : explanation;
}

function noneText({ sync, reasons, reason }: RejectionsView): string {
  const other = reasons.length === 0 ? '' : ` ${otherReasonsText(reason ?? '', reasons)}`;
  return `${sync} has no open rejections${other}.`;
}
