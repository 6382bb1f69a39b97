import type { Keeping } from '../payload-codec.ts';
import type { LifeBatch, LifeRecords, LifeRun, SentChange, Spell } from './timeline-records.ts';
import type { Fault, FieldChanges, Operation } from '../terms.ts';

/** Something that holds for a run, or for several in a row. */
interface Passage {
  readonly firstRun: string;
  readonly lastRun: string;
  readonly runs: number;
  readonly at: string;
  readonly lastAt: string;
}

/** What became of a change that was sent. */
export type ChangeOutcome = 'accepted' | 'rejected' | 'refused' | 'not_sent' | 'unknown' | 'in_flight' | 'found';

export interface Change extends Passage {
  readonly event: Operation;
  readonly outcome: ChangeOutcome;
  /** `null`: what the Hub had before is not on record any more. */
  readonly fields: FieldChanges | null;
  readonly batches: readonly LifeBatch[];
  /** Why, where it was rejected. */
  readonly faults: readonly Fault[];
}

export type Stretch =
  | { readonly event: 'unchanged' }
  /** In the model and unchanged, or not in the model: before anything on record tells which. */
  | { readonly event: 'nothing_sent' }
  /** The run left rows for the next, and this may have been one of them. */
  | { readonly event: 'unchanged_or_unsent' }
  /** Skips of that time are not on record any more. */
  | { readonly event: 'unchanged_or_skipped' }
  | { readonly event: 'removed' }
  /** The run ended before its plan. */
  | { readonly event: 'not_planned' }
  | { readonly event: 'skipped'; readonly reason: string }
  | { readonly event: 'invalid'; readonly faults: readonly Fault[] }
  | { readonly event: 'duplicate'; readonly rows: number };

export type LifeEvent =
  | Change
  | (Stretch & Passage)
  | { readonly event: 'baseline'; readonly id: string; readonly at: string }
  | { readonly event: 'withheld'; readonly reason: string; readonly at: string }
  /** Of runs up to this one, not everything is on record any more. */
  | { readonly event: 'pruned'; readonly lastRun: string };

/** The life of one person in one sync, in the order it happened. */
export function lifeOf(records: LifeRecords, keeping: Keeping): readonly LifeEvent[] {
  const events: (LifeEvent & { readonly order: number })[] = [];
  const pruned = records.prunedRunId;
  if (pruned > 0) events.push({ event: 'pruned', lastRun: String(pruned), order: 0 });
  const { snapshot, withheld } = records;
  if (snapshot !== null && snapshot.baselineAt !== null) {
    events.push({ event: 'baseline', id: String(snapshot.runId), at: snapshot.baselineAt, order: snapshot.runId });
  }
  const changes = changesOf(records, keeping);
  const accepted = changes.filter(({ outcome }) => outcome === 'accepted').map(({ firstRun }) => Number(firstRun));
  const others = [...stretchesOf(records, accepted), ...duplicatesOf(records)];
  events.push(...inOrder(changes), ...inOrder(others));
  if (withheld !== null) {
    const { reason, since } = withheld;
    events.push({ event: 'withheld', reason, at: since, order: Number.POSITIVE_INFINITY });
  }
  return events.toSorted((a, b) => a.order - b.order).map(({ order: _order, ...event }) => event);
}

function inOrder<Event extends Passage>(events: readonly Event[]): (Event & { readonly order: number })[] {
  return events.map((event) => ({ ...event, order: Number(event.firstRun) }));
}

function passageOf(first: LifeRun, last: LifeRun, runs: number): Passage {
  const ends = { firstRun: String(first.id), lastRun: String(last.id), at: first.startedAt, lastAt: last.startedAt };
  return { ...ends, runs };
}

function covers({ fromRunId, untilRunId }: Spell, { id }: LifeRun): boolean {
  return fromRunId <= id && (untilRunId === null || id < untilRunId);
}

function changesOf({ key, runs, sent, rejections }: LifeRecords, keeping: Keeping): readonly Change[] {
  const changes: Change[] = [];
  let before: string | null = null;
  for (const run of runs) {
    for (const change of sent.filter(({ runId }) => runId === run.id)) {
      const { operation, payload, batches } = change;
      const { outcome, faults } = outcomeOf(change, run, rejections);
      const known = before !== null || operation === 'insert';
      const fields = known ? keeping.changes(key, before, payload) : null;
      changes.push({ event: operation, ...passageOf(run, run, 1), outcome, fields, batches, faults });
      if (outcome === 'accepted') before = payload;
    }
  }
  return changes;
}

/** A row that the Hub named in a batch is rejected, whatever became of the others. */
function outcomeOf(
  change: SentChange,
  run: LifeRun,
  rejections: LifeRecords['rejections'],
): Pick<Change, 'outcome' | 'faults'> {
  const refusal = rejections.find((spell) => spell.by === 'destination' && covers(spell, run));
  if (refusal !== undefined) return { outcome: 'rejected', faults: refusal.faults };
  const state = change.batches.at(-1)?.state ?? 'not_sent';
  return { outcome: state === 'resent' ? 'unknown' : state, faults: [] };
}

interface OpenStretch {
  readonly stretch: Stretch;
  readonly first: LifeRun;
  last: LifeRun;
  runs: number;
}

/** Runs in which nothing was sent of the person, equal ones in a row as one. */
function stretchesOf(records: LifeRecords, accepted: readonly number[]): readonly (Stretch & Passage)[] {
  const stretches: OpenStretch[] = [];
  let open: OpenStretch | null = null;
  const unclear = unclearRuns(records);
  const { snapshot } = records;
  // The snapshot knew the person before a run, as far as the records tell.
  const knownAfter = Math.min(...accepted, snapshot?.runId ?? Number.POSITIVE_INFINITY);
  for (const run of records.runs) {
    const known = run.id > knownAfter;
    const stretch = stretchOf(records, run, { known, unclear: unclear.has(run.id) });
    if (open !== null && JSON.stringify(open.stretch) === JSON.stringify(stretch)) {
      open.last = run;
      open.runs += 1;
    } else {
      open = stretch === null ? null : { stretch, first: run, last: run, runs: 1 };
      if (open !== null) stretches.push(open);
    }
  }
  return stretches.map(({ stretch, first, last, runs }) => ({ ...stretch, ...passageOf(first, last, runs) }));
}

function stretchOf(
  records: LifeRecords,
  run: LifeRun,
  { known, unclear }: { readonly known: boolean; readonly unclear: boolean },
): Stretch | null {
  const { sent, absences, rejections, skips } = records;
  if (sent.some(({ runId }) => runId === run.id)) return null;
  if (!run.planned) return run.status === 'running' ? null : { event: 'not_planned' };
  if (absences.some((spell) => covers(spell, run))) return { event: 'removed' };
  const refused = rejections.find((spell) => spell.by === 'validation' && covers(spell, run));
  if (refused !== undefined) return { event: 'invalid', faults: refused.faults };
  const skip = skips.find((spell) => spell.reason !== 'duplicate' && covers(spell, run));
  if (skip !== undefined) return { event: 'skipped', reason: skip.reason };
  if (unclear) return { event: 'unchanged_or_unsent' };
  if (run.id < records.prunedSkipsRunId)
    return known || isUpdatedLater(records, run) ? { event: 'unchanged_or_skipped' } : null;
  if (known) return { event: 'unchanged' };
  return isUpdatedLater(records, run) ? { event: 'nothing_sent' } : null;
}

/** The first change on record is an update: somebody knew the person before, nobody can say since when. */
function isUpdatedLater({ sent }: LifeRecords, { id }: LifeRun): boolean {
  const [first] = sent;
  return first !== undefined && first.operation === 'update' && id < first.runId;
}

/**
 * Runs that left rows unsent keep no record of whose. It can have been the person's only where a change of theirs comes
 * next, or nothing comes next.
 */
function unclearRuns({ runs, sent }: LifeRecords): ReadonlySet<number> {
  const unclear = new Set<number>();
  const sentIn = new Set(sent.map(({ runId }) => runId));
  let next: LifeRun | null = null;
  for (const run of runs.filter(({ planned }) => planned).toReversed()) {
    const open = next === null || sentIn.has(next.id) || unclear.has(next.id);
    if (run.unsent > 0 && !sentIn.has(run.id) && open) unclear.add(run.id);
    next = run;
  }
  return unclear;
}

function duplicatesOf({ runs, skips }: LifeRecords): readonly (Stretch & Passage)[] {
  return skips
    .filter(({ reason }) => reason === 'duplicate')
    .flatMap((spell) => {
      const covered = runs.filter((run) => run.planned && covers(spell, run));
      const [first] = covered;
      if (first === undefined) return [];
      const passage = passageOf(first, covered.at(-1) ?? first, covered.length);
      return [{ event: 'duplicate' as const, rows: spell.rows, ...passage }];
    });
}
