/** Forms that the texts of several commands share; figures and times are those of lib/format. */
import type { Approval, CharacteristicValue, FieldChanges, RowError, RunReport } from '../../core/model/terms.ts';
import type { FreshnessReport } from '../../core/model/freshness/data-freshness.ts';
import type { Pause } from '../../core/ports/schedule-store.ts';
import { formatDuration, formatNumber, formatTimestamp } from '../../lib/format.ts';
import { sanitize } from '../../lib/terminal/printable.ts';
import type { Colours } from '../../lib/terminal/terminal.ts';

export function statusText({ status }: Pick<RunReport, 'status'>, colours: Colours): string {
  switch (status) {
    case 'succeeded':
      return colours.green('succeeded');
    case 'running':
      return colours.cyan('running');
    case 'partial':
    case 'canceled':
      return colours.yellow(status);
    case 'failed':
    case 'stopped':
      return colours.red(status);
  }
}

/** How long a run took; `null` while it runs. */
export function elapsedText({ startedAt, finishedAt }: Pick<RunReport, 'startedAt' | 'finishedAt'>): string | null {
  if (finishedAt === null) return null;
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
  return seconds < 100 ? `${seconds.toFixed(1)} s` : formatDuration(seconds);
}

/** `paused since … by …: why`. */
export function pauseText({ at, by, reason }: Pause): string {
  return `paused since ${formatTimestamp(at)} by ${sanitize(by)}${reason === null ? '' : `: ${sanitize(reason)}`}`;
}

/** `the newest updated_at is 2026-11-23 19:58:11Z, 17 min old.` */
export function freshnessText(freshness: FreshnessReport, at: Date, colours: Colours): string {
  const { column, newestAt, maxAgeSeconds, stale } = freshness;
  const advice = stale ? ' Look at what fills the warehouse.' : '';
  if (newestAt === null) return colours.yellow(`no row has a time in ${sanitize(column)}.${advice}`);
  const age = formatDuration(Math.max(0, at.getTime() - Date.parse(newestAt)) / 1000);
  const limit = stale ? `; freshness.maxAge is ${formatDuration(maxAgeSeconds)}` : '';
  const text = `the newest ${sanitize(column)} is ${formatTimestamp(newestAt)}, ${age} old${limit}.${advice}`;
  return stale ? colours.yellow(text) : text;
}

/** A value of a person, or that there is none. */
export function valueText(value: CharacteristicValue): string {
  return value === null ? '(none)' : sanitize(String(value));
}

/** `city: Paris → Lyon`. */
export function fieldChangeText([field, [before, after]]: readonly [string, FieldChanges[string]]): string {
  return `${sanitize(field)}: ${valueText(before)} → ${valueText(after)}`;
}

/** What is wrong with a row: `city: too long; phone_number: no phone number`. */
export function rowErrorsText(errors: readonly Pick<RowError, 'field' | 'message'>[]): string {
  return errors.map(({ field, message }) => sanitize(field === null ? message : `${field}: ${message}`)).join('; ');
}

/** A list under its title: how many are shown, and of how many. */
export function listSection(title: string, lines: readonly string[], total: number): string {
  if (lines.length === 0) return '';
  const count = lines.length < total ? `${formatNumber(lines.length)} of ${formatNumber(total)}` : formatNumber(total);
  return [`${title} (${count}):`, ...lines.map((line) => `  ${line.replaceAll('\n', '\n  ')}`)].join('\n');
}

/** Counts with what they count, without those that are zero: `60 to update, 2,925 unchanged`. */
export function countsText(counts: readonly (readonly [number, string])[]): string {
  return counts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${formatNumber(count)} ${what}`)
    .join(', ');
}

type ChangeCounts = Pick<Approval, 'inserts' | 'updates'> & Partial<Pick<Approval, 'marks' | 'restores'>>;

/** `60 to insert, 2,925 to update`. */
export function changesText({ inserts, updates, marks = 0, restores = 0 }: ChangeCounts): string {
  const changes = countsText([
    [inserts, 'to insert'],
    [updates, 'to update'],
    [marks, 'to mark'],
    [restores, 'to restore'],
  ]);
  return changes === '' ? 'no changes' : changes;
}

/** An error for people: what happened, and below it what to do. */
export function errorText(
  { message, hint }: { readonly message: string; readonly hint: string },
  colours: Colours,
): string {
  return `${colours.red(message)}\n  ${hint}`;
}
