import { toPanelsyncError, PanelsyncError } from '../../core/errors.ts';
import type { HubPerson } from '../../core/model/hub-person.ts';
import type { SendResult, Destination } from '../../core/ports/destination.ts';
import type { ShutdownSignals } from '../../core/ports/shutdown-signals.ts';
import { changedFields } from '../../core/model/participant.ts';
import type { RowError, Payload } from '../../core/model/terms.ts';
import type { WireSetting } from '../../core/ports/canary-store.ts';
import { sleep } from '../../lib/async/sleep.ts';
import type { CanaryAnswer, Observation } from './findings.ts';
import { findParticipants } from '../recover/find-participants.ts';
import { redactPeople } from '../../core/model/redaction/redaction.ts';
import { redactError } from '../deliver/redact-error.ts';

/** How the test person is looked for in the Hub's list. */
export interface ParticipantLookup {
  readonly destination: Destination;
  /** Of the e-mail. */
  readonly key: string;
  /** The payload that stands for a person of the Hub; `null`: none does. */
  toPayload(person: HubPerson): Payload | null;
  onProgress(done: number, total: number | null): void;
}

/** What the Hub held before; `person` is `null` where it held nobody, or cannot be read. */
export interface PersonObservation {
  readonly observation: Observation;
  readonly person: HubPerson | null;
}

/** Looks once; where the Hub turns the key away, sending would fare no better. */
export async function observe(
  lookup: ParticipantLookup,
  signal: AbortSignal,
): Promise<PersonObservation | CanaryAnswer> {
  const { destination, key, toPayload, onProgress } = lookup;
  try {
    const person =
      (await findParticipants(destination, { wanted: new Set([key]), signal, onProgress })).get(key) ?? null;
    return { observation: { read: true, payload: person === null ? null : toPayload(person) }, person };
  } catch (thrown) {
    const error = toPanelsyncError(thrown);
    return wireRejection(error) ?? { observation: { read: false, reason: error.message }, person: null };
  }
}

/** The longest that a list is read over and over; a long one takes its time anyway. */
const maxLookupMs = 20_000;

/** Looks until the list holds what was sent, or the waits are over. */
export async function observeUntilStored(
  lookup: ParticipantLookup,
  sent: Payload,
  { retryDelaysMs, shutdown }: { readonly retryDelaysMs: readonly number[]; readonly shutdown: ShutdownSignals },
): Promise<Observation> {
  const startedMs = performance.now();
  for (let attempt = 0; ; attempt += 1) {
    const observed = await observe(lookup, shutdown.drain);
    if ('kind' in observed) return { read: false, reason: 'the Hub turned the key away' };
    const { observation } = observed;
    if (!observation.read || matchesSent(observation.payload, sent)) return observation;
    const delayMs = retryDelaysMs[attempt];
    if (delayMs === undefined || performance.now() - startedMs > maxLookupMs) return observation;
    await sleep(delayMs, shutdown.drain);
  }
}

/** But for the e-mail, whose case the Hub may change. */
function matchesSent(stored: Payload | null, sent: Payload): boolean {
  return stored !== null && Object.keys(changedFields(stored, sent)).every((field) => field === 'email');
}

/** Errors of a question after which sending would fare no better; `null` for all others. Rethrows what tries nothing. */
export function wireRejection(error: PanelsyncError): CanaryAnswer | null {
  const { code, recovery } = error;
  if (recovery === 'canceled' || code === 'hub_unreachable' || code === 'hub_tls' || code === 'unexpected') throw error;
  return code === 'hub_unauthorized' ? { kind: 'turned_away', setting: 'auth', error } : null;
}

/** What the answer to the batch says about the profile; throws where it says nothing. */
export function toCanaryAnswer({ outcome, status }: SendResult, payload: string): CanaryAnswer {
  const refused = (error: RowError, isAttributed: boolean): CanaryAnswer => ({
    kind: 'refused',
    rowError: { ...error, message: redactPeople(error.message, [{ payload }]) },
    isAttributed,
  });
  switch (outcome.kind) {
    case 'accepted':
    case 'rows_refused': {
      const [refusal] = outcome.refusals;
      return refusal === undefined ? { kind: 'accepted' } : refused(refusal, true);
    }
    case 'batch_refused':
    case 'too_large':
      return refused(outcome.reason, false);
    case 'not_sent':
      throw outcome.error;
    case 'unknown':
    case 'stop': {
      const error = redactError(outcome.error, [{ payload }]);
      const setting = settingFor(error, status);
      if (setting === null) throw outcome.kind === 'unknown' ? possiblyStoredError(error) : error;
      return { kind: 'turned_away', setting, error };
    }
  }
}

/** The setting that such an answer speaks against; `null`: none. */
function settingFor({ code }: PanelsyncError, status: number | null): WireSetting | null {
  switch (code) {
    case 'hub_unauthorized':
    case 'hub_forbidden':
      return 'auth';
    case 'hub_wrong_address':
      return status === 406 || status === 415 ? 'version' : 'baseUrl';
    case 'hub_redirect':
    case 'hub_not_json':
      return 'baseUrl';
    case 'hub_answer_unclear':
      return 'envelope';
    default:
      return null;
  }
}

function possiblyStoredError({ code, recovery, message, hint, cause }: PanelsyncError): PanelsyncError {
  const warning = `${message} The Hub may have stored the test person all the same.`;
  return new PanelsyncError({ code, recovery, message: warning, hint, cause });
}
