import type { Pause } from '../../core/ports/schedule-store.ts';
import type { CharacteristicValue, RunReport } from '../../core/model/terms.ts';
import type { Colours, Terminal } from '../../lib/terminal.ts';

/** A report for people: what became of the rows, why, and what to do. */
export function reportText(report: RunReport, terminal: Terminal): string {
  const { colours } = terminal;
  const head = `${statusText(report, colours)}  ${report.sync}  ${colours.dim(`run ${report.runId}, ${report.mode}, ${took(report)}`)}`;
  const { sent, retried, rateLimited, split } = report.requests;
  const requests = `${counted(sent, 'request')}, ${number(retried)} of them repeated, ${number(rateLimited)} answered 429, ${counted(split, 'batch', 'batches')} split`;
  const parts = [head, rowsText(report, terminal), report.trigger === 'plan' ? '' : colours.dim(requests)];
  parts.push(...report.notes.map((note) => `${colours.yellow('Note:')} ${note}`));
  if (report.error !== null) parts.push(`${colours.red(report.error.message)}\n  ${report.error.hint}`);
  return parts.filter((part) => part !== '').join('\n');
}

const doors = [
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
  const planned = trigger === 'plan' ? 'would be ' : '';
  const lines = doors
    .filter(([door]) => rows[door] > 0)
    .map(([door, meaning]) => {
      const reasons = Object.entries(skips).filter(([, count]) => count > 0);
      const skipped = reasons.map(([reason, count]) => `${reason} ${number(count)}`).join(', ');
      // A plan leaves nothing behind that another command could list.
      const refused = trigger === 'plan' ? meaning.replace(/:.*/, '') : meaning;
      const why = door === 'skipped' ? skipped : refused;
      const label = door === 'inserted' || door === 'updated' ? planned + door : door;
      return [number(rows[door]).padStart(12), label, terminal.colours.dim(why)];
    });
  const read = [number(rows.read).padStart(12), 'read', terminal.colours.dim('rows of the model')];
  const removed = [
    number(rows.removed).padStart(12),
    'removed',
    terminal.colours.dim('no longer in the model: reported, never sent'),
  ];
  return terminal.table([], [read, ...lines, ...(rows.removed > 0 ? [removed] : [])]);
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

export function took({ startedAt, finishedAt }: RunReport): string {
  if (finishedAt === null) return `since ${startedAt}`;
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
  return seconds < 100 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds / 60)} min`;
}

export function number(value: number): string {
  return value.toLocaleString('en');
}

/** `1 row`, `2,000 rows`. */
export function counted(value: number, one: string, many: string = `${one}s`): string {
  return `${number(value)} ${value === 1 ? one : many}`;
}

/** A moment as people read it: `2026-11-23 20:50:07Z`. */
export function moment(iso: string): string {
  return iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
}

/** `paused since … by …: why`. */
export function pauseText({ at, by, reason }: Pause): string {
  return `paused since ${moment(at)} by ${plain(by)}${reason === null ? '' : `: ${plain(reason)}`}`;
}

/** Text from outside on one line: a control character in it could drive the terminal. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\uFFFD');
}

/** A value of a person, or that there is none. */
export function valueText(value: CharacteristicValue): string {
  return value === null ? '(nothing)' : plain(String(value));
}
