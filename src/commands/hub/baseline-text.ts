import type { BaselineSource, BaselineState, Resumption } from '../../core/ports/baseline.ts';
import { targetName } from '../../core/model/csv-columns.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { entriesRead, peopleFound } from '../../sync/audit/baseline.ts';
import type { ParticipantSource } from '../../sync/audit/participant-source.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { pluralize, formatTimestamp, formatNumber, sanitize } from '../shared/report-text.ts';

export interface BaselineView {
  readonly sync: SyncSettings;
  readonly people: ParticipantSource;
  readonly state: BaselineState;
  readonly resumption: Resumption;
}

/** The document of `baseline --json`. */
export function baselineDocument({ sync, people, state, resumption }: BaselineView): object {
  const { counts, unusableEntries, invalidValues } = state;
  const { added, different, same, kept, keptDifferent, repeated, unusable, returned } = counts;
  const columns = people.columns?.used.map(({ header, target }) => [header, targetName(target)] as const);
  return {
    sync: sync.name,
    from: people.kind,
    baselineId: state.id,
    beganAt: state.startedAt,
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
    unusableEntries,
    valuesThatDoNotFit: invalidValues,
    columns: columns === undefined ? null : Object.fromEntries(columns),
    columnsIgnored: people.columns?.ignored ?? [],
  };
}

/** A baseline for people. */
export function baselineText({ sync, people, state }: BaselineView, terminal: Terminal): string {
  const { counts, unusableEntries } = state;
  const { colours } = terminal;
  const origin = people.kind === 'hub' ? "the Hub's list" : 'the file';
  const heading = `${colours.green('done')}  ${sync.name}  ${colours.dim(`${pluralize(peopleFound(counts), 'person', 'people')} in ${origin}; nothing was sent`)}`;
  const keptDescription =
    counts.keptDifferent === 0
      ? 'sent by panelsync: left as they are'
      : `sent by panelsync: left as they are (${formatNumber(counts.keptDifferent)} differ in the Hub; see verify, or --replace)`;
  const countRows: readonly (readonly [number, string, string])[] = [
    [counts.added, 'new', 'known from now on'],
    [counts.different, 'different', 'known before with other values'],
    [counts.same, 'same', 'known before'],
    [counts.kept, 'kept', keptDescription],
    [counts.repeated, 'repeated', 'came more than once: the first counts'],
    [counts.unusable, 'unusable', 'stand for nobody'],
    [counts.returned, 'returned', 'deleted in the Hub once, there again'],
  ];
  const rows = countRows
    .filter(([count]) => count > 0)
    .map(([count, name, description]) => [formatNumber(count).padStart(12), name, colours.dim(description)]);
  const invalidValueLines = Object.entries(state.invalidValues).map(
    ([name, count]) => `${pluralize(count, 'value')} left out that ${count === 1 ? 'does' : 'do'} not fit: ${name}`,
  );
  const unusableLines = unusableEntries.map(
    ({ place, id, reason }) => `  ${place}${id === null ? '' : `, id ${sanitize(id)}`}: ${reason}`,
  );
  const sections = [
    heading,
    terminal.table([], rows),
    ...unusableText(unusableLines, counts.unusable),
    ...invalidValueLines,
    ...columnsText(people),
  ];
  return [...sections, emptyText(state), nextStepText(sync.name)].filter((part) => part !== '').join('\n');
}

function unusableText(countRows: readonly string[], total: number): readonly string[] {
  if (countRows.length === 0) return [];
  const count = countRows.length < total ? `${countRows.length} of ${formatNumber(total)}` : formatNumber(total);
  return [`Unusable (${count}):`, ...countRows];
}

function columnsText({ columns }: BaselineView['people']): readonly string[] {
  if (columns === null) return [];
  const used = columns.used.map(({ header, target }) => `${sanitize(header)} → ${targetName(target)}`).join(', ');
  const ignored = columns.ignored.length === 0 ? '' : `; not used: ${columns.ignored.map(sanitize).join(', ')}`;
  return [`Columns: ${used}${ignored}`];
}

function emptyText({ counts }: BaselineState): string {
  return entriesRead(counts) === 0 ? 'There was nobody to read.' : '';
}

function nextStepText(sync: string): string {
  return `panelsync plan ${sync} shows what a run would send now.`;
}

/** What became of a baseline that was cut; `null`: there was none. */
export function resumptionText(baseline: BaselineState, resumption: Resumption, from: BaselineSource): string | null {
  const label = `a baseline of ${formatTimestamp(baseline.startedAt)}`;
  const unit = from === 'hub' ? 'page' : 'row';
  switch (resumption) {
    case 'none':
      return null;
    case 'resumed':
      return `Going on with ${label}, after ${pluralize(baseline.position, unit)} (--restart begins anew).`;
    case 'restarted':
      return 'Beginning anew; what an earlier baseline found stays known.';
    case 'too_old':
      return 'Beginning anew: the baseline that was cut is more than 24 hours old.';
    case 'other_mark':
      return 'Beginning anew: the baseline that was cut read something else, or by other rules.';
  }
}
