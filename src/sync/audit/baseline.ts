import type {
  BaselineCounts,
  BaselinePage,
  BaselineRecorder,
  BaselineState,
  Resumption,
} from '../../core/ports/hub/baseline.ts';
import { PanelsyncError } from '../../core/errors.ts';
import { textHash } from '../../core/model/hash.ts';
import type { HubState } from '../../core/ports/hub/hub-session.ts';
import { comparePayloads } from '../../core/model/difference.ts';
import type { PayloadCodec } from '../../core/model/payload-codec.ts';
import type { Projection } from '../../core/model/projection.ts';
import { createPersonNormalizer } from '../../core/model/normalize-person.ts';
import type { PersonNormalizer } from '../../core/model/normalize-person.ts';
import type { Formats } from '../../core/ports/formats.ts';
import type { Log } from '../../core/ports/log.ts';
import type { Source } from '../../core/ports/source.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { withSpan } from '../../core/tracing.ts';
import { readProjection, requireEmailKey } from '../model-projection.ts';
import type { ParticipantSource, SourcePage } from './participant-source.ts';

export interface BaselineRequest {
  readonly sync: SyncSettings;
  readonly people: ParticipantSource;
  /** Whether the Hub's values also replace those that runs have sent. */
  readonly replace: boolean;
  readonly restart: boolean;
  readonly signal: AbortSignal;
  /** Called once, before anything is read: whether an earlier baseline is continued. */
  onStarted(initial: BaselineState, resumption: Resumption): void;
  onProgress(done: number, total: number | null): void;
}

export interface BaselineDeps {
  readonly state: HubState;
  readonly source: Source;
  readonly formats: Formats;
  readonly log: Log;
}

/** Imports the people that the Hub has, page by page; sends nothing. What is merged stays, whatever ends it. */
export function baselineSync(request: BaselineRequest, deps: BaselineDeps): Promise<BaselineState> {
  const { sync, people } = request;
  return withSpan('baseline', { sync: sync.name, from: people.kind }, async (span) => {
    const finished = await importPeople(request, deps);
    const { added, different, same, kept, unusable } = finished.counts;
    span.set({ 'people.added': added, 'people.different': different, 'people.same': same, 'people.kept': kept });
    span.set({ 'entries.unusable': unusable });
    return finished;
  });
}

async function importPeople(request: BaselineRequest, deps: BaselineDeps): Promise<BaselineState> {
  const { sync, people: source } = request;
  requireEmailKey(sync, 'A baseline');
  const session = await deps.state.openHubSession(sync, { lock: true });
  const signal = AbortSignal.any([request.signal, session.lost]);
  try {
    const projection = await readProjection(sync, deps.source, signal);
    const inputFingerprint = textHash(JSON.stringify([source.fingerprint, projection.fingerprint]));
    const { replace, restart } = request;
    const recorder = await session.baseline({ source: source.kind, inputFingerprint, replace, restart });
    const { id } = recorder.initial;
    deps.log.info('baseline begun', {
      sync: sync.name,
      baselineId: id,
      from: source.kind,
      resumption: recorder.resumption,
      place: recorder.initial.position,
    });
    request.onStarted(recorder.initial, recorder.resumption);
    const { codec } = session;
    const normalizerOptions = { codec, forgotten: await session.forgotten() };
    const normalizePerson = createPersonNormalizer(projection, deps.formats, normalizerOptions);
    await mergeAll({ request: { ...request, signal }, recorder, projection, codec, normalizePerson });
    const finished = await recorder.finish();
    deps.log.info('baseline finished', { sync: sync.name, baselineId: id, ...finished.counts });
    return finished;
  } catch (error) {
    if (session.lost.aborted) throw await session.lostError();
    if (request.signal.aborted) throw canceledError();
    throw error;
  } finally {
    await session.close();
  }
}

/** A baseline under way. */
interface MergeContext {
  readonly request: BaselineRequest;
  readonly recorder: BaselineRecorder;
  readonly projection: Projection;
  readonly codec: PayloadCodec;
  readonly normalizePerson: PersonNormalizer;
}

/** The next page is read while one is merged. */
async function mergeAll(context: MergeContext): Promise<void> {
  const recent = new RecentKeys();
  const { request, recorder, normalizePerson } = context;
  const { signal } = request;
  const merge = async (page: SourcePage): Promise<void> => {
    const part = toBaselinePart(page, normalizePerson, recent);
    const { counts, total } = await recorder.merge({ ...part, same: await findSame(part, context) });
    request.onProgress(entriesRead(counts), total);
  };
  let merging: Promise<void> = Promise.resolve();
  try {
    for await (const page of request.people.read(recorder.initial.position, signal)) {
      await merging;
      signal.throwIfAborted();
      merging = merge(page);
      // Reported when it is awaited; until then a failure must not count as unhandled.
      merging.catch(() => undefined);
    }
  } finally {
    // What was read before an error is merged all the same.
    await merging;
  }
}

type BaselinePart = Omit<BaselinePage, 'same'>;

/** Whoever verify would not call different: the Hub has every value that the snapshot says was sent. */
async function findSame(
  { people }: BaselinePart,
  { recorder, projection, codec }: MergeContext,
): Promise<ReadonlySet<string>> {
  const snapshot = await recorder.otherPayloads(people);
  const same = people.filter(({ key, payload: held }) => {
    const sent = snapshot.get(key);
    if (sent === undefined) return false;
    const { differing } = comparePayloads({ key, sent, held, heldBy: 'hub' }, projection, codec);
    return Object.keys(differing).length === 0;
  });
  return new Set(same.map(({ key }) => key));
}

function toBaselinePart(page: SourcePage, normalizePerson: PersonNormalizer, recent: RecentKeys): BaselinePart {
  const people = [];
  const unusable = [...page.unusable];
  const invalidValues: Record<string, number> = {};
  let repeated = 0;
  for (const person of page.people) {
    const listed = normalizePerson(person);
    if ('unusable' in listed) {
      unusable.push({ place: page.label, id: null, reason: listed.unusable });
      continue;
    }
    if (recent.has(listed.person.key)) {
      repeated += 1;
      continue;
    }
    recent.add(listed.person.key);
    people.push(listed.person);
    for (const { field, code } of listed.errors) {
      const name = `${field ?? 'row'}: ${code}`;
      invalidValues[name] = (invalidValues[name] ?? 0) + 1;
    }
  }
  recent.rotate();
  return { people, unusable, repeated, invalidValues, position: page.position, total: page.total };
}

/**
 * Keys of the last few pages. A list that shifts while it is read returns people twice in a short time; the merge could
 * not tell those that it leaves alone from others.
 */
class RecentKeys {
  #generations: Set<string>[] = [new Set()];

  has(key: string): boolean {
    return this.#generations.some((keys) => keys.has(key));
  }

  add(key: string): void {
    this.#generations[0]?.add(key);
  }

  rotate(): void {
    this.#generations = [new Set(), ...this.#generations.slice(0, 3)];
  }
}

/** All that were read, whoever they turned out to be. */
export function entriesRead(counts: BaselineCounts): number {
  return peopleFound(counts) + counts.repeated + counts.unusable;
}

/** The people among them. */
export function peopleFound({ added, different, same, kept }: BaselineCounts): number {
  return added + different + same + kept;
}

function canceledError(): PanelsyncError {
  return new PanelsyncError({
    code: 'canceled',
    recovery: 'canceled',
    message: 'The baseline was stopped. What was read is kept.',
    hint: 'Run the same command again to continue.',
  });
}
