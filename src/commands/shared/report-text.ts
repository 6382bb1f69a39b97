import type { Pause } from '../../core/ports/schedule-store.ts';
import type { CharacteristicValue, RunReport } from '../../core/model/terms.ts';
import type { Colours, Terminal } from '../../lib/terminal/terminal.ts';

/** A report for people: what became of the rows, why, and what to do. */
export function reportText(report: RunReport, terminal: Terminal): string {
  const { colours } = terminal;
  const heading = `${statusText(report, colours)}  ${report.sync}  ${colours.dim(`run ${report.runId}, ${report.mode}, ${durationText(report)}`)}`;
  const { sent, retried, rateLimited, split } = report.requests;
  const requests = `${pluralize(sent, 'request')}, ${formatNumber(retried)} of them repeated, ${formatNumber(rateLimited)} answered 429, ${pluralize(split, 'batch', 'batches')} split`;
  const sections = [heading, rowsText(report, terminal), report.trigger === 'plan' ? '' : colours.dim(requests)];
  sections.push(...report.notes.map((note) => `${colours.yellow('Note:')} ${note}`));
  if (report.error !== null) sections.push(`${colours.red(report.error.message)}\n  ${report.error.hint}`);
  return sections.filter((part) => part !== '').join('\n');
}

const rowOutcomes = [
  ['unchanged', 'as the Hub has them'],
  ['inserted', 'new people'],
  ['updated', 'changed people'],
  ['skipped', 'not wanted by the mode'],
  ['duplicate', 'their key came more than once'],
  ['invalid', 'refused by the rules: panelsync rejections'],
  ['rejected', 'refused by the Hub: panelsync rejections'],
  ['unsent', 'left for the next run'],
] as const;

/** One line a door that rows left through; doors that nobody used are left out. */
function rowsText({ rows, skips, trigger }: RunReport, terminal: Terminal): string {
  const planPrefix = trigger === 'plan' ? 'would be ' : '';
  const lines = rowOutcomes
    .filter(([outcome]) => rows[outcome] > 0)
    .map(([outcome, description]) => {
      const reasons = Object.entries(skips).filter(([, count]) => count > 0);
      const skipReasons = reasons.map(([reason, count]) => `${reason} ${formatNumber(count)}`).join(', ');
      // A plan leaves nothing behind that another command could list.
      const outcomeText = trigger === 'plan' ? description.replace(/:.*/, '') : description;
      const detail = outcome === 'skipped' ? skipReasons : outcomeText;
      const label = outcome === 'inserted' || outcome === 'updated' ? planPrefix + outcome : outcome;
      return [formatNumber(rows[outcome]).padStart(12), label, terminal.colours.dim(detail)];
    });
  const readRow = [formatNumber(rows.read).padStart(12), 'read', terminal.colours.dim('rows of the model')];
  const removedRow = [
    formatNumber(rows.removed).padStart(12),
    'removed',
    terminal.colours.dim('no longer in the model: reported, never sent'),
  ];
  return terminal.table([], [readRow, ...lines, ...(rows.removed > 0 ? [removedRow] : [])]);
}

export function statusText({ status }: RunReport, colours: Colours): string {
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

export function durationText({ startedAt, finishedAt }: RunReport): string {
  if (finishedAt === null) return `since ${startedAt}`;
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
  return seconds < 100 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds / 60)} min`;
}

export function formatNumber(value: number): string {
  return value.toLocaleString('en');
}

/** `1 row`, `2,000 rows`. */
export function pluralize(value: number, singular: string, plural: string = `${singular}s`): string {
  return `${formatNumber(value)} ${value === 1 ? singular : plural}`;
}

/** A moment as people read it: `2026-11-23 20:50:07Z`. */
export function formatTimestamp(iso: string): string {
  return iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
}

/** `paused since … by …: why`. */
export function pauseText({ at, by, reason }: Pause): string {
  return `paused since ${formatTimestamp(at)} by ${sanitize(by)}${reason === null ? '' : `: ${sanitize(reason)}`}`;
}

/** Text from outside on one line: a control character in it could drive the terminal. */
export function sanitize(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\uFFFD');
}

/** A value of a person, or that there is none. */
export function valueText(value: CharacteristicValue): string {
  return value === null ? '(nothing)' : sanitize(String(value));
}
