import type { App } from '../../app.ts';
import type { Rejection } from '../../core/ports/row-lists.ts';
import { formatNumber, formatTimestamp } from '../../lib/format.ts';
import { sanitize } from '../../lib/terminal/printable.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { rowErrorsText } from './format.ts';

export interface RejectionsView {
  readonly rejections: readonly Rejection[];
  /** How many there are, shown or not. */
  readonly total: number;
}

export interface RejectionsRequest {
  readonly limit: number | null;
  /** Only those with this code; `null`: all. */
  readonly reason: string | null;
}

export async function listOpenRejections(
  app: App,
  sync: string,
  { limit, reason }: RejectionsRequest,
): Promise<RejectionsView> {
  const { name } = app.sync(sync);
  const records = await app.records();
  if (reason === null) {
    const rejections = await records.rejections(name, limit);
    return { rejections, total: (await records.status(name)).rejections };
  }
  const all = (await records.rejections(name, null)).filter(({ faults }) => faults.some(({ code }) => code === reason));
  return { rejections: limit === null ? all : all.slice(0, limit), total: all.length };
}

export function rejectionsText({ rejections, total }: RejectionsView, sync: string, terminal: Terminal): string {
  if (total === 0) return `${sync} has no open rejections.`;
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
  const truncation =
    rejections.length < total
      ? `${formatNumber(rejections.length)} of ${formatNumber(total)} rejections; --limit shows more.\n`
      : '';
  const explanation =
    'Rows that failed validation are checked again in every run. Rows that the Hub (destination) rejected are sent ' +
    `again when they change, or after panelsync retry ${sync}.`;
  return `${table}\n\n${truncation}${terminal.colours.dim(explanation)}`;
}
