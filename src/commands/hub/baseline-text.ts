import type { BaselineSource, BaselineState, Resumption } from '../../core/ports/baseline.ts';
import { targetName } from '../../core/model/csv-columns.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { entriesRead, peopleFound } from '../../sync/audit/baseline.ts';
import type { PeopleSource } from '../../sync/audit/participant-source.ts';
import type { Terminal } from '../../lib/terminal.ts';
import { counted, moment, number, plain } from '../shared/report-text.ts';

export interface Baseline {
  readonly sync: SyncSettings;
  readonly people: PeopleSource;
  readonly state: BaselineState;
  readonly resumption: Resumption;
}

/** The document of `baseline --json`. */
export function baselineDocument({ sync, people, state, resumption }: Baseline): object {
  const { counts, listed, misfits } = state;
  const { added, different, same, kept, keptDifferent, repeated, unusable, returned } = counts;
  const columns = people.columns?.used.map(({ header, target }) => [header, targetName(target)] as const);
  return {
    sync: sync.name,
    from: people.kind,
    baselineId: state.id,
    beganAt: state.begunAt,
    resumed: resumption === 'resumed',
    found: peopleFound(counts),
    new: added,
    different,
    same,
    kept,
    keptDifferent,
    repeated,
    unusable,
    returned,
    unusableEntries: listed,
    valuesThatDoNotFit: misfits,
    columns: columns === undefined ? null : Object.fromEntries(columns),
    columnsIgnored: people.columns?.ignored ?? [],
  };
}

/** A baseline for people. */
export function baselineText({ sync, people, state }: Baseline, terminal: Terminal): string {
  const { counts, listed } = state;
  const { colours } = terminal;
  const from = people.kind === 'hub' ? "the Hub's list" : 'the file';
  const head = `${colours.green('done')}  ${sync.name}  ${colours.dim(`${counted(peopleFound(counts), 'person', 'people')} in ${from}; nothing was sent`)}`;
  const kept =
    counts.keptDifferent === 0
      ? 'sent by panelsync: left as they are'
      : `sent by panelsync: left as they are (${number(counts.keptDifferent)} differ in the Hub; see verify, or --replace)`;
  const lines: readonly (readonly [number, string, string])[] = [
    [counts.added, 'new', 'known from now on'],
    [counts.different, 'different', 'known before with other values'],
    [counts.same, 'same', 'known before'],
    [counts.kept, 'kept', kept],
    [counts.repeated, 'repeated', 'came more than once: the first counts'],
    [counts.unusable, 'unusable', 'stand for nobody'],
    [counts.returned, 'returned', 'deleted in the Hub once, there again'],
  ];
  const rows = lines
    .filter(([count]) => count > 0)
    .map(([count, name, meaning]) => [number(count).padStart(12), name, colours.dim(meaning)]);
  const misfits = Object.entries(state.misfits).map(
    ([name, count]) => `${counted(count, 'value')} left out that ${count === 1 ? 'does' : 'do'} not fit: ${name}`,
  );
  const unusable = listed.map(
    ({ place, id, reason }) => `  ${place}${id === null ? '' : `, id ${plain(id)}`}: ${reason}`,
  );
  const parts = [
    head,
    terminal.table([], rows),
    ...unusableText(unusable, counts.unusable),
    ...misfits,
    ...columnsText(people),
  ];
  return [...parts, emptyText(state), nextText(sync.name)].filter((part) => part !== '').join('\n');
}

function unusableText(lines: readonly string[], all: number): readonly string[] {
  if (lines.length === 0) return [];
  const count = lines.length < all ? `${lines.length} of ${number(all)}` : number(all);
  return [`Unusable (${count}):`, ...lines];
}

function columnsText({ columns }: Baseline['people']): readonly string[] {
  if (columns === null) return [];
  const used = columns.used.map(({ header, target }) => `${plain(header)} → ${targetName(target)}`).join(', ');
  const ignored = columns.ignored.length === 0 ? '' : `; not used: ${columns.ignored.map(plain).join(', ')}`;
  return [`Columns: ${used}${ignored}`];
}

function emptyText({ counts }: BaselineState): string {
  return entriesRead(counts) === 0 ? 'There was nobody to read.' : '';
}

function nextText(sync: string): string {
  return `panelsync plan ${sync} shows what a run would send now.`;
}

/** What became of a baseline that was cut; `null`: there was none. */
export function resumptionText(begun: BaselineState, resumption: Resumption, from: BaselineSource): string | null {
  const since = `a baseline of ${moment(begun.begunAt)}`;
  const unit = from === 'hub' ? 'page' : 'row';
  switch (resumption) {
    case 'none':
      return null;
    case 'resumed':
      return `Going on with ${since}, after ${counted(begun.place, unit)} (--restart begins anew).`;
    case 'restarted':
      return 'Beginning anew; what an earlier baseline found stays known.';
    case 'too_old':
      return 'Beginning anew: the baseline that was cut is more than 24 hours old.';
    case 'other_mark':
      return 'Beginning anew: the baseline that was cut read something else, or by other rules.';
  }
}
