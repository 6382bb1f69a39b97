/** The timeline of one person: what each run did with them, and why. */

import { flattenFields, parsePayload } from '../participant.ts';
import { isHashedPayload } from '../payload-codec.ts';
import type { PayloadCodec } from '../payload-codec.ts';
import type { TimelineBatch, TimelineRecords, TimelineRun, SentChange, TimelineSpan } from './timeline-records.ts';
import { isRemovalOperation } from '../terms.ts';
import type { ChangeOperation, FieldChanges, RowError } from '../terms.ts';

/** Something that holds for a run, or for several in a row. */
interface RunRange {
  readonly firstRun: string;
  readonly lastRun: string;
  readonly runs: number;
  readonly at: string;
  readonly lastAt: string;
}

/** What became of a change that was sent. */
export type ChangeOutcome = 'accepted' | 'rejected' | 'refused' | 'not_sent' | 'unknown' | 'in_flight' | 'found';

export interface Change extends RunRange {
  readonly event: ChangeOperation;
  readonly outcome: ChangeOutcome;
  /** `null`: what the Hub had before is not on record any more. */
  readonly fields: FieldChanges | null;
  readonly batches: readonly TimelineBatch[];
  /** Why, where it was rejected. */
  readonly faults: readonly RowError[];
}

export type TimelineEntry =
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
  | { readonly event: 'invalid'; readonly faults: readonly RowError[] }
  | { readonly event: 'duplicate'; readonly rows: number };

export type TimelineEvent =
  | Change
  | (TimelineEntry & RunRange)
  | { readonly event: 'baseline'; readonly id: string; readonly at: string }
  | { readonly event: 'withheld'; readonly reason: string; readonly at: string }
  | {
      readonly event: 'renamed';
      readonly firstRun: string;
      readonly at: string;
      readonly from: string;
      readonly to: string;
    }
  /** Of runs up to this one, not everything is on record any more. */
  | { readonly event: 'pruned'; readonly lastRun: string };

/** The life of one person in one sync, in the order it happened. */
export function timelineOf(records: TimelineRecords, codec: PayloadCodec): readonly TimelineEvent[] {
  const events: (TimelineEvent & { readonly order: number })[] = [];
  const pruned = records.prunedRunId;
  if (pruned > 0) events.push({ event: 'pruned', lastRun: String(pruned), order: 0 });
  const { snapshot, suppression } = records;
  if (snapshot !== null && snapshot.baselineAt !== null) {
    events.push({ event: 'baseline', id: String(snapshot.runId), at: snapshot.baselineAt, order: snapshot.runId });
  }
  const changes = sentChanges(records, codec);
  const accepted = changes
    .filter(({ event, outcome }) => outcome === 'accepted' && !isRemovalOperation(event))
    .map(({ firstRun }) => Number(firstRun));
  const entries = [...entriesOf(records, accepted), ...duplicateEntries(records)];
  events.push(...withOrder(changes), ...withOrder(entries));
  for (const { runId, ...rename } of records.renames)
    events.push({ event: 'renamed', firstRun: String(runId), ...rename, order: runId });
  if (suppression !== null) {
    const { reason, since } = suppression;
    events.push({ event: 'withheld', reason, at: since, order: Number.POSITIVE_INFINITY });
  }
  return events.toSorted((a, b) => a.order - b.order).map(({ order: _order, ...event }) => event);
}

function withOrder<Event extends RunRange>(events: readonly Event[]): (Event & { readonly order: number })[] {
  return events.map((event) => ({ ...event, order: Number(event.firstRun) }));
}

function runRange(first: TimelineRun, last: TimelineRun, runs: number): RunRange {
  const range = { firstRun: String(first.id), lastRun: String(last.id), at: first.startedAt, lastAt: last.startedAt };
  return { ...range, runs };
}

function covers({ fromRunId, untilRunId }: TimelineSpan, { id }: TimelineRun): boolean {
  return fromRunId <= id && (untilRunId === null || id < untilRunId);
}

function sentChanges({ key, runs, sent, rejections }: TimelineRecords, codec: PayloadCodec): readonly Change[] {
  const changes: Change[] = [];
  let before: string | null = null;
  for (const run of runs) {
    for (const change of sent.filter(({ runId }) => runId === run.id)) {
      const { operation, payload, batches } = change;
      const { outcome, faults } = outcomeOf(change, run, rejections);
      if (isRemovalOperation(operation)) {
        const fields = setFields(key, payload, codec);
        changes.push({ event: operation, ...runRange(run, run, 1), outcome, fields, batches, faults });
        continue;
      }
      const known = before !== null || operation === 'insert';
      const fields = known ? sentFields({ key, before, payload }, codec) : null;
      changes.push({ event: operation, ...runRange(run, run, 1), outcome, fields, batches, faults });
      if (outcome === 'accepted') before = payload;
    }
  }
  return changes;
}

/** What a mark or restore sets; what the Hub had there is not on record. */
function setFields(key: string, payload: string, codec: PayloadCodec): FieldChanges {
  const { email: _email, ...fields } = codec.diff(key, null, payload);
  return fields;
}

/** What a change says of its fields: one that the payload leaves out did not change, for the Hub keeps its value. */
function sentFields(
  { key, before, payload }: { readonly key: string; readonly before: string | null; readonly payload: string },
  codec: PayloadCodec,
): FieldChanges {
  const changes = codec.diff(key, before, payload);
  // Hashes do not tell a null that was sent from a field that was not.
  if (isHashedPayload(payload)) return changes;
  const sent = flattenFields(parsePayload(payload));
  return Object.fromEntries(Object.entries(changes).filter(([name]) => sent.has(name)));
}

/** A row that the Hub named in a batch is rejected, whatever became of the others. */
function outcomeOf(
  change: SentChange,
  run: TimelineRun,
  rejections: TimelineRecords['rejections'],
): Pick<Change, 'outcome' | 'faults'> {
  if (change.refusal !== null) return { outcome: 'rejected', faults: [change.refusal] };
  const isRow = !isRemovalOperation(change.operation);
  const rejection = rejections.find((span) => isRow && span.by === 'destination' && covers(span, run));
  if (rejection !== undefined) return { outcome: 'rejected', faults: rejection.faults };
  const state = change.batches.at(-1)?.state ?? 'not_sent';
  return { outcome: state === 'resent' ? 'unknown' : state, faults: [] };
}

interface OpenEntry {
  readonly entry: TimelineEntry;
  readonly first: TimelineRun;
  last: TimelineRun;
  runs: number;
}

/** Runs in which nothing was sent of the person, equal ones in a row as one. */
function entriesOf(records: TimelineRecords, accepted: readonly number[]): readonly (TimelineEntry & RunRange)[] {
  const entries: OpenEntry[] = [];
  let open: OpenEntry | null = null;
  const possiblyUnsent = possiblyUnsentRuns(records);
  const { snapshot } = records;
  // The snapshot knew the person before a run, as far as the records tell.
  const knownAfter = Math.min(...accepted, snapshot?.runId ?? Number.POSITIVE_INFINITY);
  for (const run of records.runs) {
    const known = run.id > knownAfter;
    const entry = entryOf(records, run, { known, possiblyUnsent: possiblyUnsent.has(run.id) });
    if (open !== null && JSON.stringify(open.entry) === JSON.stringify(entry)) {
      open.last = run;
      open.runs += 1;
    } else {
      open = entry === null ? null : { entry, first: run, last: run, runs: 1 };
      if (open !== null) entries.push(open);
    }
  }
  return entries.map(({ entry, first, last, runs }) => ({ ...entry, ...runRange(first, last, runs) }));
}

function entryOf(
  records: TimelineRecords,
  run: TimelineRun,
  { known, possiblyUnsent }: { readonly known: boolean; readonly possiblyUnsent: boolean },
): TimelineEntry | null {
  const { sent, absences, rejections, skips } = records;
  if (rowsOf(sent).some(({ runId }) => runId === run.id)) return null;
  if (!run.planned) return run.status === 'running' ? null : { event: 'not_planned' };
  if (absences.some((span) => covers(span, run))) return { event: 'removed' };
  const rejection = rejections.find((span) => span.by === 'validation' && covers(span, run));
  if (rejection !== undefined) return { event: 'invalid', faults: rejection.faults };
  const skip = skips.find((span) => span.reason !== 'duplicate' && covers(span, run));
  if (skip !== undefined) return { event: 'skipped', reason: skip.reason };
  if (possiblyUnsent) return { event: 'unchanged_or_unsent' };
  if (run.id < records.prunedSkipsRunId)
    return known || isUpdatedLater(records, run) ? { event: 'unchanged_or_skipped' } : null;
  if (known) return { event: 'unchanged' };
  return isUpdatedLater(records, run) ? { event: 'nothing_sent' } : null;
}

/** The first change on record is an update: somebody knew the person before, nobody can say since when. */
function isUpdatedLater({ sent }: TimelineRecords, { id }: TimelineRun): boolean {
  const [first] = rowsOf(sent);
  return first !== undefined && first.operation === 'update' && id < first.runId;
}

/**
 * Runs that left rows unsent keep no record of whose. It can have been the person's only where a change of theirs comes
 * next, or nothing comes next.
 */
function possiblyUnsentRuns({ runs, sent }: TimelineRecords): ReadonlySet<number> {
  const possiblyUnsent = new Set<number>();
  const sentIn = new Set(rowsOf(sent).map(({ runId }) => runId));
  let next: TimelineRun | null = null;
  for (const run of runs.filter(({ planned }) => planned).toReversed()) {
    const open = next === null || sentIn.has(next.id) || possiblyUnsent.has(next.id);
    if (run.unsent > 0 && !sentIn.has(run.id) && open) possiblyUnsent.add(run.id);
    next = run;
  }
  return possiblyUnsent;
}

function duplicateEntries({ runs, skips }: TimelineRecords): readonly (TimelineEntry & RunRange)[] {
  return skips
    .filter(({ reason }) => reason === 'duplicate')
    .flatMap((span) => {
      const covered = runs.filter((run) => run.planned && covers(span, run));
      const [first] = covered;
      if (first === undefined) return [];
      const range = runRange(first, covered.at(-1) ?? first, covered.length);
      return [{ event: 'duplicate' as const, rows: span.rows, ...range }];
    });
}

/** Changes of the person's row: what marks them stands beside it. */
function rowsOf(sent: TimelineRecords['sent']): TimelineRecords['sent'] {
  return sent.filter(({ operation }) => !isRemovalOperation(operation));
}
