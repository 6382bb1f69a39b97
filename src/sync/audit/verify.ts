/** Compares the Hub with the snapshot (verify), and imports what the Hub has (baseline). */

import type {
  Comparison,
  ComparisonCounts,
  DifferentPerson,
  ComparedPerson,
  RepairResult,
} from '../../core/ports/hub/comparison.ts';
import { PanelsyncError } from '../../core/errors.ts';
import type { HubState } from '../../core/ports/hub/hub-session.ts';
import type { PayloadCodec } from '../../core/model/payload-codec.ts';
import { comparePayloads } from '../../core/model/difference.ts';
import { createPersonNormalizer } from '../../core/model/normalize-person.ts';
import type { PersonNormalizer } from '../../core/model/normalize-person.ts';
import type { Destination } from '../../core/ports/destination.ts';
import type { Formats } from '../../core/ports/formats.ts';
import type { Log } from '../../core/ports/log.ts';
import type { Source } from '../../core/ports/source.ts';
import type { Projection } from '../../core/model/projection.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { withSpan } from '../../core/tracing.ts';
import type { FieldChanges } from '../../core/model/terms.ts';
import { listParticipants } from '../participant-list.ts';
import type { ListedPart, SortedEntries } from '../participant-list.ts';
import { readProjection, requireEmailKey } from '../model-projection.ts';
import { samplePages } from './sample.ts';

export interface VerifyRequest {
  readonly sync: SyncSettings;
  /** How many people of the list to look at; `null`: all. */
  readonly sample: number | null;
  /** Most people to show, of each kind. */
  readonly limit: number;
  /** `null`: nothing is written. */
  readonly repair: { readonly recreate: boolean; /** Passes the guard. */ readonly force: boolean } | null;
  readonly signal: AbortSignal;
  onProgress(done: number, total: number | null): void;
}

export interface VerifyDeps {
  readonly state: HubState;
  readonly source: Source;
  readonly destination: Destination;
  readonly formats: Formats;
  readonly log: Log;
  /** From 0 to 1, for samples; Math.random by default. */
  readonly random?: () => number;
}

export interface DifferenceSample {
  readonly email: string;
  /** What the snapshot holds, and what the Hub does. */
  readonly fields: FieldChanges;
}

export interface Verification {
  readonly counts: ComparisonCounts;
  /** Entries of the Hub's list that stand for nobody. */
  readonly unusable: number;
  /** How many people the Hub says it holds. */
  readonly total: number | null;
  /** Whether all of the list was read: only then somebody can be missing. */
  readonly whole: boolean;
  readonly missing: readonly string[];
  readonly unknown: readonly string[];
  readonly different: readonly DifferenceSample[];
  readonly repair: RepairResult | null;
  /** Why the repair was not made. */
  readonly error: PanelsyncError | null;
}

/** A verification under way. */
interface VerificationContext {
  readonly request: VerifyRequest;
  readonly destination: Destination;
  readonly projection: Projection;
  readonly codec: PayloadCodec;
  readonly normalizePerson: PersonNormalizer;
  readonly comparison: Comparison;
  readonly signal: AbortSignal;
  entriesRead: number;
  unusable: number;
  total: number | null;
  /** People came or went while the list was read. */
  listChanged: boolean;
}

/** Compares the Hub's list with the snapshot; writes nothing unless a repair is requested. */
export function verifySync(request: VerifyRequest, deps: VerifyDeps): Promise<Verification> {
  const attributes = { sync: request.sync.name, repair: request.repair !== null };
  return withSpan('verify', attributes, async (span) => {
    const verification = await compareWithHub(request, deps);
    const { counts, whole, unusable, error } = verification;
    const { same, different, unknown } = counts.verdicts;
    span.set({ whole, 'people.missing': counts.missing, 'people.same': same, 'people.different': different });
    span.set({ 'people.unknown': unknown, 'entries.unusable': unusable });
    if (error !== null) span.fail(error.code);
    return verification;
  });
}

async function compareWithHub(request: VerifyRequest, deps: VerifyDeps): Promise<Verification> {
  const { sync, repair } = request;
  requireEmailKey(sync, 'verify');
  const session = await deps.state.openHubSession(sync, { lock: repair !== null });
  const signal = AbortSignal.any([request.signal, session.lost]);
  try {
    const projection = await readProjection(sync, deps.source, signal);
    const { codec } = session;
    const normalizePerson = createPersonNormalizer(projection, deps.formats, {
      codec,
      forgotten: await session.forgotten(),
    });
    const comparison = await session.comparison();
    const { destination } = deps;
    const counters = { entriesRead: 0, unusable: 0, total: null, listChanged: false };
    const context: VerificationContext = {
      request,
      destination,
      projection,
      codec,
      normalizePerson,
      comparison,
      signal,
      ...counters,
    };
    const whole = await compareAll(context, deps.random ?? Math.random);
    const counts = await comparison.counts();
    deps.log.info('verified', { sync: sync.name, whole, missing: counts.missing, ...counts.verdicts });
    return await toVerification(context, counts, whole);
  } catch (error) {
    if (session.lost.aborted) throw await session.lostError();
    throw error;
  } finally {
    await session.close();
  }
}

/** Whether the whole list was read. */
async function compareAll(context: VerificationContext, random: () => number): Promise<boolean> {
  const { request, destination, signal } = context;
  if (request.sample !== null) {
    for await (const entries of samplePages(destination, { minPeople: request.sample, signal, random })) {
      context.total = entries.total;
      await compare(entries, context);
      request.onProgress(context.entriesRead, request.sample);
    }
    return false;
  }
  for await (const part of listParticipants(destination, { signal })) await compareListed(part, context);
  context.total ??= context.entriesRead;
  const { missing } = await context.comparison.counts();
  // A list that shifts hides people between two pages: nobody is reported missing, let alone removed, without a second look.
  if (missing > 0 && (context.listChanged || request.repair !== null)) await recheckMissing(context, missing);
  return true;
}

async function recheckMissing(context: VerificationContext, missing: number): Promise<void> {
  let remaining = missing;
  const { unusable } = context;
  context.entriesRead = 0;
  for await (const part of listParticipants(context.destination, { signal: context.signal })) {
    remaining -= await compareListed(part, context);
    if (remaining <= 0) break;
  }
  context.unusable = unusable;
}

/** Returns how many people of the snapshot were named for the first time. */
async function compareListed(part: ListedPart, context: VerificationContext): Promise<number> {
  context.listChanged ||=
    part.hasShifted || (part.total !== null && context.total !== null && part.total !== context.total);
  context.total = part.total ?? context.total;
  const newlySeen = await compare(part, context);
  context.request.onProgress(context.entriesRead, part.total);
  return newlySeen;
}

/** As `compareListed`. */
async function compare(entries: SortedEntries, context: VerificationContext): Promise<number> {
  context.entriesRead += entries.people.length + entries.unusable.length;
  context.unusable += entries.unusable.length;
  const people = entries.people.flatMap((person) => {
    const listed = context.normalizePerson(person);
    return 'person' in listed ? [listed.person] : [];
  });
  const unique = [...new Map(people.map((person) => [person.key, person])).values()];
  const known = new Map((await context.comparison.snapshotEntries(unique)).map((state) => [state.key, state]));
  const compared = unique.map((person): ComparedPerson => {
    const state = known.get(person.key);
    if (state === undefined) return { ...person, verdict: 'unknown' };
    if (state.moved) return { ...person, verdict: 'moved' };
    const { payload: snapshot } = state;
    const fields =
      snapshot === null ? {} : fieldDifferences({ key: person.key, snapshot, hub: person.payload }, context);
    return { ...person, verdict: Object.keys(fields).length > 0 ? 'different' : 'same' };
  });
  return context.comparison.record(compared);
}

function fieldDifferences(person: DifferentPerson, { projection, codec }: VerificationContext): FieldChanges {
  const { key, snapshot: sent, hub: held } = person;
  return comparePayloads({ key, sent, held, heldBy: 'hub', onlyAlwaysWritten: true }, projection, codec).differing;
}

async function toVerification(
  context: VerificationContext,
  counts: ComparisonCounts,
  whole: boolean,
): Promise<Verification> {
  const { comparison, request, unusable, total } = context;
  const { limit, repair } = request;
  const different = (await comparison.different(limit)).map((person) => ({
    email: person.key,
    fields: fieldDifferences(person, context),
  }));
  const samples = {
    missing: whole ? await comparison.missing(limit) : [],
    unknown: await comparison.unknown(limit),
    different,
  };
  const verification = { counts, unusable, total, whole, ...samples };
  const error = repair === null || repair.force || !whole ? null : missingGuardError(request.sync, counts);
  if (repair === null || error !== null) return { ...verification, repair: null, error };
  // Insert mode overwrites nobody: what differs there stays as it is.
  const options = { recreate: repair.recreate, complete: whole, acceptDifferent: request.sync.mode !== 'insert' };
  return { ...verification, repair: await comparison.repair(options), error: null };
}

/** A key of another account, or a list that is cut short, must not write off a whole panel. */
function missingGuardError(sync: SyncSettings, { missing, snapshot }: ComparisonCounts): PanelsyncError | null {
  const { maxRemovedPercent } = sync.guards;
  if (missing * 100 <= maxRemovedPercent * snapshot) return null;
  return new PanelsyncError({
    code: 'guard_missing',
    recovery: 'fatal',
    message: `${missing} of ${snapshot} people in the snapshot are missing in the Hub, more than guards.maxRemovedPercent (${maxRemovedPercent}). Nothing was repaired.`,
    hint: 'Check that destination.apiKey and destination.baseUrl belong to the right account. If the Hub is right, pass --force.',
  });
}
