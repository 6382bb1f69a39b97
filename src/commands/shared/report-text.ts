import type { Approval, RunReport } from '../../core/model/terms.ts';
import { formatBytes, formatNumber, formatTimestamp, pluralize } from '../../lib/format.ts';
import { sanitize } from '../../lib/terminal/printable.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { changesText, countsText, elapsedText, errorText, freshnessText, statusText } from './format.ts';
import { detailsOf } from './reasons.ts';

/** Counts stand in a column of their own. */
const countWidth = 12;

/** A report for people: what became of the rows, why, and what to do. */
export function reportText(report: RunReport, terminal: Terminal): string {
  if (report.trigger === 'plan') return planReportText(report, terminal);
  const { colours } = terminal;
  const { runId, mode, startedAt, sync } = report;
  const elapsed = elapsedText(report) ?? `since ${formatTimestamp(startedAt)}`;
  const heading = `${statusText(report, colours)}  ${sync}  ${colours.dim(`run ${runId}, ${mode}, ${elapsed}`)}`;
  return joinParts([
    heading,
    report.rows.read === 0 && (report.error !== null || report.finishedAt === null) ? '' : rowsText(report, terminal),
    reportedReasonsText(report, terminal),
    colours.dim(requestsText(report)),
    ...endParts(report, terminal),
  ]);
}

/** A plan on record, which has counts and no people. The counts come last. */
function planReportText(report: RunReport, terminal: Terminal): string {
  return joinParts([
    planHeading(report, terminal),
    reportedReasonsText(report, terminal),
    removedText(report),
    ...endParts(report, terminal),
    planSummary(report),
  ]);
}

export function planHeading({ sync, mode, runId }: RunReport, { colours }: Terminal): string {
  return `${colours.bold(`Plan for ${sync} (${mode})`)}  ${colours.dim(`plan ${runId}`)}`;
}

/** `Plan for research-panel (upsert): 60 to update, 2,925 unchanged, 5 invalid`. */
export function planSummary({ sync, mode, rows, skips, removals, renamed }: RunReport): string {
  const { inserted, updated, unchanged, skipped, duplicate, invalid, unsent } = rows;
  const { marked, restored } = removals;
  const counts = countsText([
    [inserted, renamed === 0 ? 'to insert' : `to insert (${formatNumber(renamed)} renamed)`],
    [updated, 'to update'],
    [marked, 'to mark'],
    [restored, 'to restore'],
    [unchanged, 'unchanged'],
    [skipped, `skipped (${skipReasonsText(skips)})`],
    [duplicate, duplicate === 1 ? 'duplicate' : 'duplicates'],
    [invalid, 'invalid'],
    [unsent, 'not planned'],
  ]);
  const isEmpty = inserted + updated + marked + restored === 0;
  const parts = [...(isEmpty ? ['no changes'] : []), ...(counts === '' ? [] : [counts])];
  return `Plan for ${sync} (${mode}): ${parts.join(', ')}`;
}

export function removedText({ rows: { removed } }: RunReport): string {
  if (removed === 0) return '';
  return `${pluralize(removed, 'person is', 'people are')} no longer in the model; the Hub keeps them.`;
}

/** The age of the data, notes, and the error with what to do about it. */
export function endParts(report: RunReport, { colours }: Terminal): readonly string[] {
  const { notes, error, runId, approval } = report;
  return [
    ...freshnessLine(report, colours),
    ...notes.map((note) => `${colours.yellow('Note:')} ${note}`),
    ...(error === null ? [] : [errorText(error, colours)]),
    ...(approval === null ? [] : [`Saved plan: ${approvalText(runId, approval)}`]),
  ];
}

/** What became of the plan of a stopped run. */
function approvalText(stoppedRunId: string, approval: Approval): string {
  const { state, by, at, reason, runId } = approval;
  const when = at === null ? '' : `, ${formatTimestamp(at)}`;
  switch (state) {
    case 'waiting':
      return `${changesText(approval)}. It waits for panelsync approve ${stoppedRunId}.`;
    case 'approved':
      return `approved by ${sanitize(by ?? '')}${when}${reason === null ? '' : ` (${sanitize(reason)})`}, sent by run ${String(runId)}.`;
    case 'drifted':
      return `no longer applies, as run ${String(runId)} found${when}.`;
    case 'expired':
      return runId === null ? `expired${when}.` : `expired when run ${runId} made a newer one${when}.`;
  }
}

/** How old the newest data was when the run started. */
function freshnessLine({ freshness, startedAt }: RunReport, colours: Terminal['colours']): readonly string[] {
  return freshness === null ? [] : [`Data: ${freshnessText(freshness, new Date(startedAt), colours)}`];
}

/** What came of the requests; a run that sent nothing has no such line. */
function requestsText({ requests: { sent, retried, rateLimited, split } }: RunReport): string {
  if (sent === 0) return '';
  const details = countsText([
    [retried, 'of them retried'],
    [rateLimited, 'answered 429'],
  ]);
  const splits = split === 0 ? '' : `, ${pluralize(split, 'batch', 'batches')} split`;
  return `${pluralize(sent, 'request')}${details === '' ? '' : `, ${details}`}${splits}`;
}

/** What a run cost; nothing where it did not come to read its model. */
export function workText({ work }: RunReport): string {
  const { rowsRead, bucketsEqual, bytesFromSource, bytesToState } = work;
  if (bytesFromSource === 0) return '';
  const equal = bucketsEqual === 0 ? '' : `, ${pluralize(bucketsEqual, 'bucket was', 'buckets were')} unchanged`;
  return `Read ${pluralize(rowsRead, 'row')} (${formatBytes(bytesFromSource)}) from the source${equal}, wrote ${bytesToState === 0 ? 'no rows' : formatBytes(bytesToState)} to the state database.`;
}

/** One line for each outcome that rows had. */
function rowsText(report: RunReport, terminal: Terminal): string {
  const { rows, sync, removals } = report;
  const descriptions: readonly (readonly [number, string, string])[] = [
    [rows.unchanged, 'unchanged', 'the same as the Hub last accepted'],
    [rows.inserted, 'inserted', 'sent for the first time'],
    [report.renamed, 'renamed', `of the inserted, with a new e-mail: panelsync renames ${sync}`],
    [rows.updated, 'updated', 'sent again'],
    [rows.skipped, 'skipped', skipReasonsText(report.skips)],
    [rows.duplicate, 'duplicate', 'key occurs more than once in the model'],
    [rows.invalid, 'invalid', `failed validation: panelsync rejections ${sync}`],
    [rows.rejected, 'rejected', `rejected by the Hub: panelsync rejections ${sync}`],
    [rows.unsent, 'unsent', 'left for the next run'],
    [rows.removed, 'removed', 'no longer in the model; the Hub keeps them'],
    [removals.marked, 'marked', 'left the model: removed.set was sent'],
    [removals.restored, 'restored', 'back in the model: removed.restore was sent'],
    [removals.rejected, 'marks rejected', `rejected by the Hub: panelsync removed ${sync}`],
    [removals.unsent, 'marks unsent', 'left for the next run'],
  ];
  const lines = descriptions.filter(([count]) => count > 0);
  return terminal.table(
    [],
    [[rows.read, 'read', 'rows of the model'] as const, ...lines].map(([count, outcome, description]) => [
      formatNumber(count).padStart(countWidth),
      outcome,
      terminal.colours.dim(description),
    ]),
  );
}

/** Why rows did not arrive, most frequent first. */
export function reportedReasonsText({ reasons }: RunReport, terminal: Terminal): string {
  if (reasons.length === 0) return '';
  const lines = reasons.map(({ count, reason, ...details }) => [
    formatNumber(count).padStart(countWidth),
    terminal.colours.dim(detailsOf(details) === '' ? reason : detailsOf(details)),
  ]);
  return `Most frequent reasons:\n${terminal.table([], lines)}`;
}

/** `3 already_in_snapshot, 1 rejected_before`. */
function skipReasonsText(skips: RunReport['skips']): string {
  return countsText(Object.entries(skips).map(([reason, count]) => [count, reason]));
}

function joinParts(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n');
}
