import type {
  BaselineCounts,
  BaselinePart,
  BaselineRecorder,
  BaselineState,
  Resumption,
} from '../../core/ports/baseline.ts';
import { PanelsyncError } from '../../core/errors.ts';
import { textHash } from '../../core/model/hash.ts';
import type { HubState } from '../../core/ports/hub-session.ts';
import { personReader } from '../../core/model/normalize-person.ts';
import type { PersonReader } from '../../core/model/normalize-person.ts';
import type { Formats, Log, Source } from '../../core/ports/ports.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { hubProjection, requireEmailKey } from '../model-projection.ts';
import type { PeopleSource, Reading } from './participant-source.ts';

export interface BaselineRequest {
  readonly sync: SyncSettings;
  readonly people: PeopleSource;
  /** Whether the Hub's word counts also for people whom we have sent ourselves. */
  readonly replace: boolean;
  readonly restart: boolean;
  readonly signal: AbortSignal;
  /** Is told once whether something is gone on with, before anything is read. */
  onBegin(begun: BaselineState, resumption: Resumption): void;
  onProgress(done: number, total: number | null): void;
}

export interface BaselineDeps {
  readonly state: HubState;
  readonly source: Source;
  readonly formats: Formats;
  readonly log: Log;
}

/** What the Hub holds becomes known, page by page, and nothing is sent. What is merged stays, whatever ends it. */
export async function baselineSync(request: BaselineRequest, deps: BaselineDeps): Promise<BaselineState> {
  const { sync, people: from } = request;
  requireEmailKey(sync, 'A baseline');
  const session = await deps.state.openHubSession(sync, { lock: true });
  const signal = AbortSignal.any([request.signal, session.lost]);
  try {
    const projection = await hubProjection(sync, deps.source, signal);
    const mark = textHash(JSON.stringify([from.mark, projection.fingerprint]));
    const { replace, restart } = request;
    const recorder = await session.baseline({ source: from.kind, mark, replace, restart });
    const { id } = recorder.begun;
    deps.log.info('baseline begun', {
      sync: sync.name,
      baselineId: id,
      from: from.kind,
      resumption: recorder.resumption,
      place: recorder.begun.place,
    });
    request.onBegin(recorder.begun, recorder.resumption);
    const kept = { keeping: session.keeping, forgotten: await session.forgotten() };
    const read = personReader(projection, deps.formats, kept);
    await mergeAll({ ...request, signal }, recorder, read);
    const finished = await recorder.finish();
    deps.log.info('baseline finished', { sync: sync.name, baselineId: id, ...finished.counts });
    return finished;
  } catch (error) {
    if (session.lost.aborted) throw await session.whyLost();
    if (request.signal.aborted) throw stopped();
    throw error;
  } finally {
    await session.close();
  }
}

/** The next page is read while one is merged. */
async function mergeAll(request: BaselineRequest, recorder: BaselineRecorder, read: PersonReader): Promise<void> {
  const recent = new RecentKeys();
  const { signal } = request;
  const merge = async (reading: Reading): Promise<void> => {
    const { counts, total } = await recorder.merge(partOf(reading, read, recent));
    request.onProgress(entriesRead(counts), total);
  };
  let merging: Promise<void> = Promise.resolve();
  try {
    for await (const reading of request.people.read(recorder.begun.place, signal)) {
      await merging;
      signal.throwIfAborted();
      merging = merge(reading);
      // Told when it is waited for; until then a failure must not count as unhandled.
      merging.catch(() => undefined);
    }
  } finally {
    // What was read before an error is merged all the same.
    await merging;
  }
}

function partOf(reading: Reading, read: PersonReader, recent: RecentKeys): BaselinePart {
  const people = [];
  const unusable = [...reading.unusable];
  const misfits: Record<string, number> = {};
  let repeated = 0;
  for (const person of reading.people) {
    const listed = read(person);
    if ('unusable' in listed) {
      unusable.push({ place: reading.where, id: null, reason: listed.unusable });
      continue;
    }
    if (recent.has(listed.person.key)) {
      repeated += 1;
      continue;
    }
    recent.add(listed.person.key);
    people.push(listed.person);
    for (const { field, code } of listed.faults) {
      const name = `${field ?? 'row'}: ${code}`;
      misfits[name] = (misfits[name] ?? 0) + 1;
    }
  }
  recent.turn();
  return { people, unusable, repeated, misfits, place: reading.place, total: reading.total };
}

/**
 * Keys of the last few readings. A list that shifts while it is read brings people twice in a short while; those whom
 * the merge leaves alone could not be told apart from others there.
 */
class RecentKeys {
  #generations: Set<string>[] = [new Set()];

  has(key: string): boolean {
    return this.#generations.some((keys) => keys.has(key));
  }

  add(key: string): void {
    this.#generations[0]?.add(key);
  }

  turn(): void {
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

function stopped(): PanelsyncError {
  return new PanelsyncError({
    code: 'canceled',
    recovery: 'canceled',
    message: 'The baseline was stopped. What was read stays known.',
    hint: 'The same command goes on from there.',
  });
}
