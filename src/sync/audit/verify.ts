import type { Comparison, ComparisonCounts, DifferentPerson, Judged, Repair } from '../../core/ports/comparison.ts';
import { PanelsyncError } from '../../core/errors.ts';
import type { HubState } from '../../core/ports/hub-session.ts';
import type { ParticipantPage } from '../../core/model/hub-person.ts';
import type { Keeping } from '../../core/model/payload-codec.ts';
import { differingFields, personReader } from '../../core/model/normalize-person.ts';
import type { PersonReader } from '../../core/model/normalize-person.ts';
import type { Destination, Formats, Log, Source } from '../../core/ports/ports.ts';
import type { Projection } from '../../core/model/projection.ts';
import type { SyncSettings } from '../../core/settings.ts';
import type { FieldChanges } from '../../core/model/terms.ts';
import { listPages, sizeOf } from '../participant-pages.ts';
import { hubProjection, requireEmailKey } from '../model-projection.ts';
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
  /** From 0 to 1, for samples; Math.random unless told. */
  readonly random?: () => number;
}

export interface ShownDifference {
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
  readonly different: readonly ShownDifference[];
  readonly repair: Repair | null;
  /** Why the repair was not made. */
  readonly error: PanelsyncError | null;
}

/** A verification under way. */
interface Course {
  readonly request: VerifyRequest;
  readonly destination: Destination;
  readonly projection: Projection;
  readonly keeping: Keeping;
  readonly read: PersonReader;
  readonly comparison: Comparison;
  readonly signal: AbortSignal;
  listed: number;
  unusable: number;
  total: number | null;
  /** People came or went while the list was read. */
  shifted: boolean;
}

/** Lays the Hub's list beside the snapshot; writes nothing unless a repair is asked for. */
export async function verifySync(request: VerifyRequest, deps: VerifyDeps): Promise<Verification> {
  const { sync, repair } = request;
  requireEmailKey(sync, 'verify');
  const session = await deps.state.openHubSession(sync, { lock: repair !== null });
  const signal = AbortSignal.any([request.signal, session.lost]);
  try {
    const projection = await hubProjection(sync, deps.source, signal);
    const { keeping } = session;
    const read = personReader(projection, deps.formats, { keeping, forgotten: await session.forgotten() });
    const comparison = await session.comparison();
    const { destination } = deps;
    const zero = { listed: 0, unusable: 0, total: null, shifted: false };
    const course: Course = { request, destination, projection, keeping, read, comparison, signal, ...zero };
    const whole = await compareAll(course, deps.random ?? Math.random);
    const counts = await comparison.counts();
    deps.log.info('verified', { sync: sync.name, whole, missing: counts.missing, ...counts.verdicts });
    return await concluded(course, counts, whole);
  } catch (error) {
    if (session.lost.aborted) throw await session.whyLost();
    throw error;
  } finally {
    await session.close();
  }
}

/** Whether the whole list was read. */
async function compareAll(course: Course, random: () => number): Promise<boolean> {
  const { request, destination, signal } = course;
  if (request.sample !== null) {
    for await (const page of samplePages(destination, { people: request.sample, signal, random })) {
      await compare(page, course);
    }
    return false;
  }
  for await (const page of listPages(destination, { from: 1, signal })) await compare(page, course);
  const { missing } = await course.comparison.counts();
  // A list that shifts hides people between two pages: nobody is told missing, let alone written off, unlooked for.
  if (missing > 0 && (course.shifted || request.repair !== null)) await lookAgain(course, missing);
  return true;
}

async function lookAgain(course: Course, missing: number): Promise<void> {
  let left = missing;
  const { unusable } = course;
  course.listed = 0;
  for await (const page of listPages(course.destination, { from: 1, signal: course.signal })) {
    left -= await compare(page, course);
    if (left <= 0) break;
  }
  course.unusable = unusable;
}

/** Returns how many people of the snapshot were named for the first time. */
async function compare(page: ParticipantPage & { readonly again?: boolean }, course: Course): Promise<number> {
  const people = page.people.flatMap((person) => {
    const listed = course.read(person);
    return 'person' in listed ? [listed.person] : [];
  });
  const unique = [...new Map(people.map((person) => [person.key, person])).values()];
  const known = new Map((await course.comparison.standings(unique)).map((standing) => [standing.key, standing]));
  const judged = unique.map((person): Judged => {
    const standing = known.get(person.key);
    if (standing === undefined) return { ...person, verdict: 'unknown' };
    if (standing.moved) return { ...person, verdict: 'moved' };
    const { payload: snapshot } = standing;
    const fields = snapshot === null ? {} : differenceOf({ key: person.key, snapshot, hub: person.payload }, course);
    return { ...person, verdict: Object.keys(fields).length > 0 ? 'different' : 'same' };
  });
  const first = await course.comparison.note(judged);
  advance(page, course);
  return first;
}

function differenceOf(person: DifferentPerson, { projection, keeping }: Course): FieldChanges {
  return differingFields(person, projection, keeping);
}

function advance(page: ParticipantPage & { readonly again?: boolean }, course: Course): void {
  course.shifted ||= page.again === true || (course.total !== null && page.total !== course.total);
  course.total = page.total;
  if (page.again !== true) {
    course.listed += sizeOf(page);
    course.unusable += page.unusable.length;
  }
  const { sample } = course.request;
  const wanted = sample === null ? page.total : Math.min(sample, page.total ?? sample);
  course.request.onProgress(course.listed, wanted);
}

async function concluded(course: Course, counts: ComparisonCounts, whole: boolean): Promise<Verification> {
  const { comparison, request, unusable, total } = course;
  const { limit, repair } = request;
  const different = (await comparison.different(limit)).map((person) => ({
    email: person.key,
    fields: differenceOf(person, course),
  }));
  const shown = {
    missing: whole ? await comparison.missing(limit) : [],
    unknown: await comparison.unknown(limit),
    different,
  };
  const found = { counts, unusable, total, whole, ...shown };
  const error = repair === null || repair.force || !whole ? null : tooManyMissing(request.sync, counts);
  if (repair === null || error !== null) return { ...found, repair: null, error };
  // Insert mode overwrites nobody: what differs there stays as it is.
  const options = { recreate: repair.recreate, whole, different: request.sync.mode !== 'insert' };
  return { ...found, repair: await comparison.repair(options), error: null };
}

/** A key of another account, or a list that is cut short, must not write off a whole panel. */
function tooManyMissing(sync: SyncSettings, { missing, snapshot }: ComparisonCounts): PanelsyncError | null {
  const { maxRemovedPercent } = sync.guards;
  if (missing * 100 <= maxRemovedPercent * snapshot) return null;
  return new PanelsyncError({
    code: 'guard_missing',
    recovery: 'fatal',
    message: `${missing} of ${snapshot} people of the snapshot are missing in the Hub, more than guards.maxRemovedPercent (${maxRemovedPercent}) allows; nothing was repaired.`,
    hint: 'See whether destination.apiKey and destination.baseUrl are those of the right account. If the Hub is right, pass --force.',
  });
}
