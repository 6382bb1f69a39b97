import type { BaselineSource, BaselineState, Resumption } from '../../core/ports/hub/baseline.ts';
import { targetName } from '../../core/model/csv-columns.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { entriesRead, peopleFound } from '../../sync/audit/baseline.ts';
import type { ParticipantSource } from '../../sync/audit/participant-source.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { formatNumber, formatPeople, formatTimestamp, pluralize } from '../../lib/format.ts';
import { sanitize } from '../../lib/terminal/printable.ts';
import { listSection } from '../shared/format.ts';

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
  const origin = people.kind === 'hub' ? 'the Hub' : 'the file';
  const heading = `${colours.green('done')}  ${sync.name}  ${colours.dim(`${formatPeople(peopleFound(counts))} in ${origin}; nothing was sent`)}`;
  const keptDescription =
    counts.keptDifferent === 0
      ? 'sent by panelsync before: not imported'
      : `sent by panelsync before: not imported (${pluralize(counts.keptDifferent, 'differs', 'differ')} in the Hub: see verify, or use --replace)`;
  const countRows: readonly (readonly [number, string, string])[] = [
    [counts.added, 'new', 'added to the snapshot'],
    [counts.different, 'different', 'in the snapshot with other values before'],
    [counts.same, 'same', 'in the snapshot already'],
    [counts.kept, 'kept', keptDescription],
    [counts.repeated, 'repeated', 'occur more than once: the first one counts'],
    [counts.unusable, 'unusable', 'cannot be imported'],
    [counts.returned, 'returned', 'deleted in the Hub before, and back now'],
  ];
  const rows = countRows
    .filter(([count]) => count > 0)
    .map(([count, name, description]) => [formatNumber(count).padStart(12), name, colours.dim(description)]);
  const invalidValueLines = Object.entries(state.invalidValues).map(
    ([name, count]) => `${pluralize(count, 'value')} of ${sanitize(name)} left out: not of the type of the field`,
  );
  const unusableLines = unusableEntries.map(
    ({ place, id, reason }) => `${place}${id === null ? '' : `, id ${sanitize(id)}`}: ${reason}`,
  );
  const sections = [
    heading,
    terminal.table([], rows),
    listSection('Unusable', unusableLines, counts.unusable),
    ...invalidValueLines,
    ...columnsText(people),
  ];
  return [...sections, emptyText(state), nextStepText(sync.name)].filter((part) => part !== '').join('\n');
}

function columnsText({ columns }: BaselineView['people']): readonly string[] {
  if (columns === null) return [];
  const used = columns.used.map(({ header, target }) => `${sanitize(header)} → ${targetName(target)}`).join(', ');
  const ignored = columns.ignored.length === 0 ? '' : `; not used: ${columns.ignored.map(sanitize).join(', ')}`;
  return [`Columns: ${used}${ignored}`];
}

function emptyText({ counts }: BaselineState): string {
  return entriesRead(counts) === 0 ? 'The list is empty.' : '';
}

function nextStepText(sync: string): string {
  return `panelsync plan ${sync} shows what a run would send now.`;
}

/** What becomes of an interrupted baseline; `null`: there is none. */
export function resumptionText(baseline: BaselineState, resumption: Resumption, from: BaselineSource): string | null {
  const label = `the baseline of ${formatTimestamp(baseline.startedAt)}`;
  const read = from === 'hub' ? pluralize(baseline.position, 'entry', 'entries') : pluralize(baseline.position, 'row');
  switch (resumption) {
    case 'none':
      return null;
    case 'resumed':
      return `Resuming ${label} after ${read}; --restart starts over.`;
    case 'restarted':
      return 'Starting over; participants that an earlier baseline imported stay in the snapshot.';
    case 'too_old':
      return 'Starting over: the interrupted baseline is more than 24 hours old.';
    case 'other_mark':
      return 'Starting over: the interrupted baseline read another source or used other settings.';
  }
}
