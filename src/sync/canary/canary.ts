import type { Canaries, CanaryRecord } from '../../core/ports/canary-store.ts';
import { asPanelsyncError, PanelsyncError } from '../../core/errors.ts';
import type { HubPerson } from '../../core/model/hub-person.ts';
import type { HubState } from '../../core/ports/hub-session.ts';
import { emailKey } from '../../core/model/key.ts';
import { canonicalText } from '../../core/model/participant.ts';
import type { Participant } from '../../core/model/participant.ts';
import type { Destination, Formats, Log, Source, Stop } from '../../core/ports/ports.ts';
import type { Projection } from '../../core/model/projection.ts';
import type { SyncSettings, WireSettings } from '../../core/settings.ts';
import type { Payload } from '../../core/model/terms.ts';
import { canaryFindings } from './findings.ts';
import type { CanaryAnswer, CanaryEvidence, CanaryFindings, Sight } from './findings.ts';
import { madeUpPerson, personOfModel } from './test-person.ts';
import { answerOf, lookAgain, sightOf, turnedAway } from './observe.ts';
import type { Known } from './observe.ts';
import { requireFitting } from '../deliver/characteristics-check.ts';
import { listedAs } from '../recover/resolve-rows.ts';
import { closedCharacteristicsNote } from '../notes.ts';
import type { Progress } from '../plan/plan.ts';
import { validate } from '../plan/validate.ts';

export interface CanaryRequest {
  readonly sync: SyncSettings;
  /** Of the test person. */
  readonly email: string;
  readonly wire: WireSettings;
  readonly stop: Stop;
  /** Waits between the looks at the Hub's list, which may lag. */
  readonly waitsMs: readonly number[];
  onProgress(progress: Progress): void;
  /** What will be written, told before it is. */
  onPerson(person: TestPerson): void;
}

export interface CanaryDeps {
  readonly state: HubState;
  readonly canaries: Canaries;
  readonly source: Source;
  readonly destination: Destination;
  readonly formats: Formats;
  readonly log: Log;
  /** From 0 to 1, for made-up values; Math.random unless told. */
  readonly random?: () => number;
}

export interface TestPerson {
  readonly from: CanaryRecord['person'];
  readonly payload: Payload;
  /** Whether the Hub held somebody with this e-mail before; `null`: its list cannot be read. */
  readonly held: boolean | null;
}

export interface Canary extends CanaryFindings {
  readonly at: string;
  /** `null`: nothing was sent. */
  readonly person: TestPerson | null;
  readonly from: CanaryRecord['person'];
  readonly requestId: string | null;
  readonly notes: readonly string[];
}

/** A canary under way. */
interface Course {
  readonly request: CanaryRequest;
  readonly deps: CanaryDeps;
  readonly key: string;
  readonly projection: Projection;
  /** The row of the model; `null`: it has none for this e-mail. */
  readonly row: Participant | null;
  readonly notes: string[];
}

/**
 * Sends one test person through the wire profile and looks what arrived. The snapshot does not hear of it. Throws when
 * the profile could not be tried.
 */
export async function canarySync(request: CanaryRequest, deps: CanaryDeps): Promise<Canary> {
  const { sync, stop, onProgress } = request;
  const key = keyOf(request.email, deps.formats);
  await requireNotForgotten(sync, key, deps.state);
  const onRows = (done: number): void => onProgress({ step: 'read', done, total: null });
  const found = await personOfModel({ sync, key, signal: stop.drain, onRows }, deps);
  requireValid(found.participant, deps.formats);
  const notes: string[] = [];
  const course: Course = { request, deps, key, projection: found.projection, row: found.participant, notes };
  const { evidence, person, requestId } = await tried(course);
  const findings = canaryFindings(evidence);
  const { verdict } = findings;
  const from = course.row === null ? 'made_up' : 'model';
  const settings = findings.settings.map(({ setting, status }) => ({ setting, status }));
  const fields = findings.fields.map(({ field, status }) => ({ field, status }));
  const at = await deps.canaries.record(deps.destination.fingerprint, {
    verdict,
    sync: sync.name,
    person: from,
    settings,
    fields,
  });
  deps.log.info('canary sent', { sync: sync.name, verdict, settings });
  return { ...findings, at, person, from, requestId, notes };
}

interface Tried {
  readonly evidence: CanaryEvidence;
  readonly person: TestPerson | null;
  readonly requestId: string | null;
}

async function tried(course: Course): Promise<Tried> {
  const { request, deps } = course;
  const { wire, stop } = request;
  const unread: Sight = { read: false, reason: 'it was not asked' };
  const nothing = { wire, sent: { fields: {}, characteristics: {} }, before: unread, after: unread };
  const without = (answer: CanaryAnswer): Tried => ({
    evidence: { ...nothing, answer },
    person: null,
    requestId: null,
  });
  const refused = await checkedCharacteristics(course);
  if (refused !== null) return without(refused);
  const known = await sightOf(eyes(course), stop.drain);
  if ('kind' in known) return without(known);
  requireMode(course, known);
  const person = personFor(course, known);
  request.onPerson(person);
  await deps.destination.slot(stop.drain);
  const text = canonicalText(person.payload);
  const delivery = await deps.destination.send([text], stop, request.sync.mode === 'insert' ? 'leave' : 'repeat');
  const answer = answerOf(delivery, text);
  const before = known.sight;
  const sent = { wire, sent: person.payload, answer, before };
  const after =
    answer.kind === 'accepted' && before.read ? await lookAgain(eyes(course), person.payload, request) : unseen(before);
  return { evidence: { ...sent, after }, person, requestId: delivery.requestId };
}

function unseen(before: Sight): Sight {
  return before.read ? { read: false, reason: 'nothing was stored' } : before;
}

function eyes({ request, deps, key, projection }: Course) {
  const { onProgress } = request;
  return {
    destination: deps.destination,
    key,
    seen: (person: HubPerson) => listedAs(person, { projection, formats: deps.formats }),
    onPage: (done: number, total: number | null): void => onProgress({ step: 'look', done, total }),
  };
}

/** An unknown slug would look like a profile that is wrong. */
async function checkedCharacteristics({ request, deps, projection, notes }: Course): Promise<CanaryAnswer | null> {
  if (projection.characteristics.length === 0) return null;
  try {
    const defined = await deps.destination.characteristics(request.stop.drain);
    if (defined === null) notes.push(closedCharacteristicsNote);
    else requireFitting(projection, defined);
    return null;
  } catch (thrown) {
    const error = asPanelsyncError(thrown);
    if (error.recovery === 'usage') throw error;
    return turnedAway(error);
  }
}

function personFor({ request, deps, projection, row }: Course, { sight, person }: Known): TestPerson {
  const held = sight.read ? person !== null : null;
  if (row !== null) return { from: 'model', payload: row.payload, held };
  const { random = Math.random } = deps;
  const madeUp = madeUpPerson(projection, { email: request.email, before: person, random });
  const payload = listedAs(madeUp, { projection, formats: deps.formats });
  if (payload === null) throw new RangeError('a made-up person is always usable');
  return { from: 'made_up', payload, held };
}

function keyOf(email: string, formats: Formats): string {
  const key = emailKey(email);
  if (key !== null && formats.isEmail(email.trim())) return key;
  throw new PanelsyncError({
    code: 'usage',
    recovery: 'usage',
    message: 'The e-mail of the test person is not well formed.',
    hint: 'Name one that is yours, such as --email you+canary@your-company.com.',
  });
}

async function requireNotForgotten(sync: SyncSettings, key: string, state: HubState): Promise<void> {
  const session = await state.openHubSession(sync, { lock: false });
  try {
    if ((await session.forgotten())?.hasKey(key) !== true) return;
  } finally {
    await session.close();
  }
  throw untried('This person is forgotten, and is not sent any more.', 'Name another test person.');
}

/** A row that no run would send says nothing about the profile. */
function requireValid(row: Participant | null, formats: Formats): void {
  if (row === null) return;
  const [fault] = [...row.faults, ...validate(row.payload, formats)];
  if (fault === undefined) return;
  const where = fault.field === null ? '' : ` (${fault.field})`;
  throw untried(
    `The model holds this e-mail, and its row is invalid: ${fault.message}${where}.`,
    'Correct the row, or name another test person.',
  );
}

/** A canary may do what a run of its sync may. */
function requireMode({ request }: Course, { sight, person }: Known): void {
  const { mode } = request.sync;
  if (mode === 'upsert') return;
  if (!sight.read) {
    throw untried(
      `In ${mode} mode a canary must know whether the Hub holds the person, and its list cannot be read: ${sight.reason}`,
      'Send the canary with a sync in upsert mode.',
    );
  }
  if (mode === 'insert' && person !== null) {
    throw untried(
      'The Hub already holds a person with this e-mail, and insert mode overwrites nobody.',
      'Name one whom the Hub does not hold.',
    );
  }
  if (mode === 'update' && person === null) {
    throw untried(
      'The Hub holds nobody with this e-mail, and update mode creates nobody.',
      'Name one whom the Hub holds, or add your test person in the Hub first.',
    );
  }
}

function untried(message: string, hint: string): PanelsyncError {
  return new PanelsyncError({
    code: 'canary_untried',
    recovery: 'fatal',
    message: `${message} Nothing was sent.`,
    hint,
  });
}
