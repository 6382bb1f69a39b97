import { usageErrorCodes } from '../core/errors.ts';
import type { AlertKind, AlertState } from '../core/ports/alert-store.ts';
import type { UnusualCount } from '../core/model/sync-state/unusual.ts';
import { formatNumber } from '../lib/format.ts';
import type { DataFreshness } from '../core/model/freshness/data-freshness.ts';
import type { RunError, RunReport } from '../core/model/terms.ts';

/** What a webhook receives: counts, codes and error messages of runs, and no personal data. */
export interface AlertMessage {
  readonly kind: AlertKind | 'test';
  readonly sync: string;
  /** The state of the sync in the last message to this webhook. */
  readonly previous: AlertState;
  /** The run that caused the change; `null` if the passing of time did. */
  readonly run: RunReport | null;
  readonly lastSuccessAt: Date | null;
  /** What is far from the runs before. */
  readonly unusual: readonly UnusualCount[];
  /** How old the data was that the last run read; `null`: unknown. */
  readonly freshness: DataFreshness | null;
  /** Which state database it is about, among those that write to one place. */
  readonly stateId: string;
  /** Of the page that shows more; `null`: nobody knows the address. */
  readonly pageUrl: string | null;
}

/** The body of a request to a webhook, as JSON. */
export function renderBody(message: AlertMessage, format: 'json' | 'slack'): string {
  const text = renderText(message);
  switch (format) {
    case 'slack':
      return JSON.stringify({ text: escapeSlackText(text) });
    case 'json':
      return JSON.stringify({ version: 1, ...alertDocument(message), text });
  }
}

function alertDocument({ kind, sync, previous, run, lastSuccessAt, unusual, pageUrl }: AlertMessage): object {
  return { kind, sync, previous, run: run === null ? null : runDocument(run), lastSuccessAt, unusual, url: pageUrl };
}

/** Notes are for whoever looks at the run. */
function runDocument({ sync: _sync, skips: _skips, notes: _notes, ...run }: RunReport): object {
  return run;
}

/** The message as text, one statement per line. */
export function renderText(message: AlertMessage): string {
  const { pageUrl } = message;
  return [headline(message), ...details(message), ...(pageUrl === null ? [] : [pageUrl])].join('\n');
}

function headline({ kind, sync, run }: AlertMessage): string {
  const runSuffix = run === null ? '' : ` (run ${run.runId})`;
  switch (kind) {
    case 'failed':
      return `panelsync: ${sync} failed${runSuffix}.`;
    case 'stopped':
      return `panelsync: a guard stopped ${sync} before anything was sent${runSuffix}.`;
    case 'partial':
      return `panelsync: ${sync} finished, but not all rows reached the Hub${runSuffix}.`;
    case 'overdue':
      return `panelsync: ${sync} is overdue.`;
    case 'stale':
      return `panelsync: the data of ${sync} is out of date.`;
    case 'unusual':
      return `panelsync: ${sync} finished, but not as usual${runSuffix}.`;
    case 'recovered':
      return `panelsync: ${sync} has recovered${runSuffix}.`;
    case 'test':
      return 'panelsync: this is a test message. Alerts about syncs arrive here.';
  }
}

function details({ kind, run, lastSuccessAt, unusual, freshness }: AlertMessage): readonly string[] {
  switch (kind) {
    case 'failed':
      return run === null || run.error === null ? [] : [...errorLines(run.error), outlook(run.error)];
    case 'stopped':
      return run === null || run.error === null ? [] : [...errorLines(run.error), ...savedPlanLines(run)];
    case 'partial':
      return run === null ? [] : [partialText(run)];
    case 'overdue':
      return [
        lastSuccessAt === null
          ? 'No run has succeeded yet.'
          : `The last successful run ended ${formatTime(lastSuccessAt)}.`,
        'See panelsync status and the log of the daemon.',
      ];
    case 'stale':
      return freshness === null ? [] : [newestText(freshness), 'Look at what fills the warehouse.'];
    case 'unusual':
      return unusual.map(unusualText);
    case 'recovered':
      return run === null ? [] : [`${run.rows.inserted} inserted, ${run.rows.updated} updated.`];
    case 'test':
      return [];
  }
}

const countTexts = {
  read: 'rows read',
  changed: 'changes to send',
  invalid: 'invalid rows',
  removed: 'people no longer in the model',
} as const;

/** `61,000 rows read; the runs before had 3,000 (2,980 to 3,020).` */
function unusualText({ count, value, median, least, most }: UnusualCount): string {
  const usual = `${formatNumber(median)} (${formatNumber(least)} to ${formatNumber(most)})`;
  return `${formatNumber(value)} ${countTexts[count]}; the runs before had ${usual}.`;
}

function newestText({ column, newestAt }: DataFreshness): string {
  if (newestAt === null) return `No row that the last run read has a time in ${column}.`;
  return `The newest ${column} that the last run read is ${formatTime(newestAt)}.`;
}

function errorLines({ code, message, hint }: RunError): readonly string[] {
  return [`${message} [${code}]`, hint];
}

/** What approving the run would send. */
function savedPlanLines({ approval }: RunReport): readonly string[] {
  if (approval === null) return [];
  const { inserts, updates, marks, restores } = approval;
  const removals = marks + restores === 0 ? '' : `, ${marks} to mark, ${restores} to restore`;
  return [`Its plan: ${inserts} to insert, ${updates} to update${removals}.`];
}

/** Whether somebody has to act before the next run can succeed. */
function outlook({ code }: RunError): string {
  return usageErrorCodes.has(code) ? 'Runs keep failing until this is corrected.' : 'The next run tries again.';
}

function partialText({ sync, rows }: RunReport): string {
  const { read, invalid, rejected, unsent } = rows;
  const counts = `Of ${read} rows, ${invalid} were invalid, ${rejected} rejected and ${unsent} unsent.`;
  return `${counts} See panelsync rejections ${sync}.`;
}

/** As everywhere in texts for people: 2026-11-25 10:05:26Z. */
function formatTime(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

/** Slack interprets these three characters: a message must not be able to notify a whole channel. */
function escapeSlackText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
