import { asPanelsyncError, PanelsyncError } from '../../core/errors.ts';
import type { HubPerson } from '../../core/model/hub-person.ts';
import type { Delivery, Destination, Stop } from '../../core/ports/ports.ts';
import { changedFields } from '../../core/model/participant.ts';
import type { Fault, Payload } from '../../core/model/terms.ts';
import type { WireSetting } from '../../core/ports/canary-store.ts';
import { sleep } from '../../lib/async/sleep.ts';
import type { CanaryAnswer, Sight } from './findings.ts';
import { findPeople } from '../recover/find-participants.ts';
import { errorWithoutPeople, withoutPeople } from '../deliver/redact-people.ts';

/** How the test person is looked for in the Hub's list. */
export interface Eyes {
  readonly destination: Destination;
  /** Of the e-mail. */
  readonly key: string;
  /** The payload that stands for a person of the Hub; `null`: none does. */
  seen(person: HubPerson): Payload | null;
  onPage(done: number, total: number | null): void;
}

/** What the Hub held before; `person` is `null` where it held nobody, or cannot be read. */
export interface Known {
  readonly sight: Sight;
  readonly person: HubPerson | null;
}

/** Looks once; where the Hub turns the key away, sending would fare no better. */
export async function sightOf(eyes: Eyes, signal: AbortSignal): Promise<Known | CanaryAnswer> {
  const { destination, key, seen, onPage } = eyes;
  try {
    const person = (await findPeople(destination, { wanted: new Set([key]), signal, onPage })).get(key) ?? null;
    return { sight: { read: true, payload: person === null ? null : seen(person) }, person };
  } catch (thrown) {
    const error = asPanelsyncError(thrown);
    return turnedAway(error) ?? { sight: { read: false, reason: error.message }, person: null };
  }
}

/** The longest that a list is read over and over; a long one takes its time anyway. */
const patienceMs = 20_000;

/** Looks until the list holds what was sent, or the waits are over. */
export async function lookAgain(
  eyes: Eyes,
  sent: Payload,
  { waitsMs, stop }: { readonly waitsMs: readonly number[]; readonly stop: Stop },
): Promise<Sight> {
  const startedMs = performance.now();
  for (let look = 0; ; look += 1) {
    const known = await sightOf(eyes, stop.drain);
    if ('kind' in known) return { read: false, reason: 'the Hub turned the key away' };
    const { sight } = known;
    if (!sight.read || isAsSent(sight.payload, sent)) return sight;
    const waitMs = waitsMs[look];
    if (waitMs === undefined || performance.now() - startedMs > patienceMs) return sight;
    await sleep(waitMs, stop.drain);
  }
}

/** But for the e-mail, whose case the Hub may change. */
function isAsSent(held: Payload | null, sent: Payload): boolean {
  return held !== null && Object.keys(changedFields(held, sent)).every((field) => field === 'email');
}

/** Errors of a question after which sending would fare no better; `null` for all others. Rethrows what tries nothing. */
export function turnedAway(error: PanelsyncError): CanaryAnswer | null {
  const { code, recovery } = error;
  if (recovery === 'canceled' || code === 'hub_unreachable' || code === 'hub_tls' || code === 'unexpected') throw error;
  return code === 'hub_unauthorized' ? { kind: 'turned_away', setting: 'auth', error } : null;
}

/** What the answer to the batch says about the profile; throws where it says nothing. */
export function answerOf({ meaning, status }: Delivery, payload: string): CanaryAnswer {
  const refused = (fault: Fault, atRow: boolean): CanaryAnswer => ({
    kind: 'refused',
    fault: { ...fault, message: withoutPeople(fault.message, [{ payload }]) },
    atRow,
  });
  switch (meaning.kind) {
    case 'accepted':
    case 'rows_refused': {
      const [refusal] = meaning.refusals;
      return refusal === undefined ? { kind: 'accepted' } : refused(refusal, true);
    }
    case 'batch_refused':
    case 'too_large':
      return refused(meaning.fault, false);
    case 'not_sent':
      throw meaning.error;
    case 'unknown':
    case 'stop': {
      const error = errorWithoutPeople(meaning.error, [{ payload }]);
      const setting = settingBehind(error, status);
      if (setting === null) throw meaning.kind === 'unknown' ? perhapsStored(error) : error;
      return { kind: 'turned_away', setting, error };
    }
  }
}

/** The setting that such an answer speaks against; `null`: none. */
function settingBehind({ code }: PanelsyncError, status: number | null): WireSetting | null {
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

function perhapsStored({ code, recovery, message, hint, cause }: PanelsyncError): PanelsyncError {
  const told = `${message} The Hub may have stored the test person all the same.`;
  return new PanelsyncError({ code, recovery, message: told, hint, cause });
}
