/** Verifies the wire profile with one test person that is sent and read back. */

import type { CanaryStore, CanaryRecord } from '../../core/ports/canary-store.ts';
import { toPanelsyncError } from '../../core/errors.ts';
import type { HubPerson } from '../../core/model/hub-person.ts';
import type { HubState } from '../../core/ports/hub/hub-session.ts';
import { canonicalText } from '../../core/model/participant.ts';
import type { Participant } from '../../core/model/participant.ts';
import type { Destination } from '../../core/ports/destination.ts';
import { openFence } from '../../core/ports/fence.ts';
import type { Formats } from '../../core/ports/formats.ts';
import type { Log } from '../../core/ports/log.ts';
import type { Source } from '../../core/ports/source.ts';
import type { ShutdownSignals } from '../../core/ports/shutdown-signals.ts';
import type { Projection } from '../../core/model/projection.ts';
import type { DestinationSettings, SyncSettings, WireSettings } from '../../core/settings.ts';
import type { Payload } from '../../core/model/terms.ts';
import { withSpan } from '../../core/tracing.ts';
import { canaryFindings } from './findings.ts';
import type { CanaryAnswer, CanaryEvidence, CanaryFindings, Observation } from './findings.ts';
import { generatePerson, findInModel } from './test-person.ts';
import { toCanaryAnswer, observeUntilStored, observe, wireRejection } from './observe.ts';
import type { PersonObservation } from './observe.ts';
import { matchCharacteristics } from '../deliver/characteristics-check.ts';
import { hubPersonPayload } from '../recover/resolve-rows.ts';
import type { Progress } from '../run-context.ts';
import { requireAllowedByMode, requireEmail, requireNotForgotten, requireValid } from './guards.ts';

export interface CanaryRequest {
  readonly sync: SyncSettings;
  /** Of the test person. */
  readonly email: string;
  readonly wire: WireSettings;
  readonly checkCharacteristics: DestinationSettings['checkCharacteristics'];
  readonly shutdown: ShutdownSignals;
  /** Waits between the looks at the Hub's list, which may lag. */
  readonly retryDelaysMs: readonly number[];
  onProgress(progress: Progress): void;
  /** The person about to be sent. */
  onPerson(person: TestPerson): void;
}

export interface CanaryDeps {
  readonly state: HubState;
  readonly canaries: CanaryStore;
  readonly source: Source;
  readonly destination: Destination;
  readonly formats: Formats;
  readonly log: Log;
  /** From 0 to 1, for made-up values; Math.random by default. */
  readonly random?: () => number;
}

export interface TestPerson {
  readonly from: CanaryRecord['person'];
  readonly payload: Payload;
  /** Whether the Hub held somebody with this e-mail before; `null`: its list cannot be read. */
  readonly existedBefore: boolean | null;
}

export interface CanaryResult extends CanaryFindings {
  readonly at: string;
  /** `null`: nothing was sent. */
  readonly person: TestPerson | null;
  readonly from: CanaryRecord['person'];
  readonly requestId: string | null;
  readonly notes: readonly string[];
}

/** A running canary. */
interface CanaryContext {
  readonly request: CanaryRequest;
  readonly deps: CanaryDeps;
  readonly key: string;
  readonly projection: Projection;
  /** The row of the model; `null`: it has none for this e-mail. */
  readonly row: Participant | null;
  readonly notes: string[];
}

/**
 * Sends one test person through the wire profile and checks what was stored. The snapshot is not updated. Throws when
 * the profile could not be tried.
 */
export function canarySync(request: CanaryRequest, deps: CanaryDeps): Promise<CanaryResult> {
  return withSpan('canary', { sync: request.sync.name }, async (span) => {
    const result = await tryProfile(request, deps);
    span.set({ verdict: result.verdict, person: result.from });
    return result;
  });
}

async function tryProfile(request: CanaryRequest, deps: CanaryDeps): Promise<CanaryResult> {
  const { sync, shutdown, onProgress } = request;
  const key = requireEmail(request.email, deps.formats);
  await requireNotForgotten(sync, key, deps.state);
  const onRows = (done: number): void => onProgress({ step: 'read', done, total: null });
  const model = await findInModel({ sync, key, signal: shutdown.drain, onRows }, deps);
  requireValid(model.participant, deps.formats);
  const notes: string[] = [];
  const context: CanaryContext = { request, deps, key, projection: model.projection, row: model.participant, notes };
  const { evidence, person, requestId } = await attempt(context);
  const findings = canaryFindings(evidence);
  const { verdict } = findings;
  const from = context.row === null ? 'made_up' : 'model';
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

interface CanaryAttempt {
  readonly evidence: CanaryEvidence;
  readonly person: TestPerson | null;
  readonly requestId: string | null;
}

async function attempt(context: CanaryContext): Promise<CanaryAttempt> {
  const { request, deps } = context;
  const { wire, shutdown } = request;
  const notRead: Observation = { read: false, reason: 'it was not asked' };
  const noEvidence = { wire, sent: { fields: {}, characteristics: {} }, before: notRead, after: notRead };
  const notSent = (answer: CanaryAnswer): CanaryAttempt => ({
    evidence: { ...noEvidence, answer },
    person: null,
    requestId: null,
  });
  const rejected = await checkCharacteristics(context);
  if (rejected !== null) return notSent(rejected);
  const observed = await observe(participantLookup(context), shutdown.drain);
  if ('kind' in observed) return notSent(observed);
  requireAllowedByMode(request.sync.mode, observed);
  const person = createTestPerson(context, observed);
  request.onPerson(person);
  await deps.destination.acquire(shutdown.drain);
  const payloadText = canonicalText(person.payload);
  const onUnknownOutcome = request.sync.mode === 'insert' ? 'defer' : 'retry';
  // A canary writes nothing that another process could write too: it takes no lock, and needs no right to send.
  const result = await deps.destination.send([payloadText], { shutdown, fence: openFence, onUnknownOutcome });
  const answer = toCanaryAnswer(result, payloadText);
  const before = observed.observation;
  const sent = { wire, sent: person.payload, answer, before };
  const after =
    answer.kind === 'accepted' && before.read
      ? await observeUntilStored(participantLookup(context), person.payload, request)
      : unobserved(before);
  return { evidence: { ...sent, after }, person, requestId: result.requestId };
}

function unobserved(before: Observation): Observation {
  return before.read ? { read: false, reason: 'nothing was stored' } : before;
}

function participantLookup({ request, deps, key, projection }: CanaryContext) {
  const { onProgress } = request;
  return {
    destination: deps.destination,
    key,
    toPayload: (person: HubPerson) => hubPersonPayload(person, { projection, formats: deps.formats }),
    onProgress: (done: number, total: number | null): void => onProgress({ step: 'look', done, total }),
  };
}

/** An unknown slug would look like a profile that is wrong. */
async function checkCharacteristics({ request, deps, projection, notes }: CanaryContext): Promise<CanaryAnswer | null> {
  const { checkCharacteristics: mode } = request;
  if (projection.characteristics.length === 0 || mode === 'off') return null;
  try {
    const defined = await deps.destination.characteristics(request.shutdown.drain);
    notes.push(...matchCharacteristics(projection, defined, mode));
    return null;
  } catch (thrown) {
    const error = toPanelsyncError(thrown);
    if (error.recovery === 'usage') throw error;
    return wireRejection(error);
  }
}

function createTestPerson(
  { request, deps, projection, row }: CanaryContext,
  { observation, person }: PersonObservation,
): TestPerson {
  const existedBefore = observation.read ? person !== null : null;
  if (row !== null) return { from: 'model', payload: row.payload, existedBefore };
  const { random = Math.random } = deps;
  const generated = generatePerson(projection, { email: request.email, before: person, random });
  const payload = hubPersonPayload(generated, { projection, formats: deps.formats });
  if (payload === null) throw new RangeError('a made-up person is always usable');
  return { from: 'made_up', payload, existedBefore };
}
