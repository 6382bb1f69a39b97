import type { ReasonCount } from '../../core/model/terms.ts';
import { formatNumber, pluralize } from '../../lib/format.ts';
import { sanitize } from '../../lib/terminal/printable.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';

/** People read no more groups than this; `--counts` gives them all to programs. */
const maxShown = 20;

/** How many rows share each reason, most frequent first: what a list of rows begins with. */
export function reasonsText(reasons: readonly ReasonCount[], terminal: Terminal): string {
  if (reasons.length === 0) return '';
  const details = reasons.map(detailsOf);
  const hasDetails = details.some((text) => text !== '');
  const table = terminal.table(
    [
      { title: 'rows', align: 'right' },
      'reason',
      ...(hasDetails ? [{ title: 'details', whenNarrow: 'wrap' as const }] : []),
    ],
    reasons
      .slice(0, maxShown)
      .map(({ count, reason }, at) => [
        formatNumber(count),
        sanitize(reason),
        ...(hasDetails ? [details[at] ?? ''] : []),
      ]),
  );
  const others = reasons.length - maxShown;
  return others > 0 ? `${table}\nand ${pluralize(others, 'more reason')}; --counts --csv lists them all.` : table;
}

/** `email: the e-mail is malformed`; nothing where the reason says it all. */
export function detailsOf({ field, message }: Pick<ReasonCount, 'field' | 'message'>): string {
  if (message === null) return sanitize(field ?? '');
  return sanitize(field === null ? message : `${field}: ${message}`);
}

export function countRows(reasons: readonly ReasonCount[]): number {
  return reasons.reduce((sum, { count }) => sum + count, 0);
}
