/** Finds the wire profile that the Hub understands, with one test person. */

import type { CanaryVerdict, FieldResult, SettingResult } from '../../core/ports/canary-store.ts';
import { toPanelsyncError } from '../../core/errors.ts';
import { canonicalText } from '../../core/model/participant.ts';
import type { HubPerson } from '../../core/model/hub-person.ts';
import type { Projection } from '../../core/model/projection.ts';
import type { Destination } from '../../core/ports/destination.ts';
import { openFence } from '../../core/ports/fence.ts';
import type { WireSettings } from '../../core/settings.ts';
import { withSpan } from '../../core/tracing.ts';
import { sleep } from '../../lib/async/sleep.ts';
import { matchCharacteristics } from '../deliver/characteristics-check.ts';
import { hubPersonPayload } from '../recover/resolve-rows.ts';
import type { CanaryDeps, CanaryRequest } from './canary.ts';
import { misplacedFields, withoutBlamedEnvelope } from './discovery-findings.ts';
import type { MisplacedField } from './discovery-findings.ts';
import { canaryFindings } from './findings.ts';
import type { CanaryAnswer, CanaryFindings, Observation } from './findings.ts';
import { canaryNotSentError, requireAllowedByMode, requireEmail, requireNotForgotten } from './guards.ts';
import { observe, toCanaryAnswer } from './observe.ts';
import type { ParticipantLookup, PersonObservation } from './observe.ts';
import { ProfileSearch } from './profile-search.ts';
import { generatePerson, findInModel } from './test-person.ts';

export type DiscoveryRequest = Omit<CanaryRequest, 'onPerson'>;

export interface DiscoveryDeps extends Omit<CanaryDeps, 'destination'> {
  /** The Hub through another profile, under the same rate limit. */
  open(wire: WireSettings): Destination;
}

/** One profile, and what trying it proved. */
export interface DiscoveryTry {
  readonly wire: WireSettings;
  readonly answer: CanaryAnswer['kind'];
  readonly verdict: CanaryVerdict;
  readonly settings: readonly SettingResult[];
  readonly fields: readonly FieldResult[];
  /** Fields whose value the Hub stored in another field. */
  readonly misplaced: readonly MisplacedField[];
}

export interface Discovery {
  /** `accepted`: the Hub took people in these profiles, and what it stored cannot be read. */
  readonly outcome: 'confirmed' | 'accepted' | 'none';
  /** The profiles that this leaves, the likeliest first. */
  readonly profiles: readonly WireSettings[];
  readonly tries: readonly DiscoveryTry[];
  readonly requests: number;
  /** Why the search ended without a confirmed profile. */
  readonly reason: string | null;
}

/** A list of more than 200 people takes more requests for each look. */
export const maxDiscoveryRequests = 12;

/** A try needs a request to send, and another to look. */
const requestsPerTry = 2;

/**
 * Tries profiles one after the other, each with other made-up values for the same person, until one brings every field
 * home. Throws when the Hub cannot be reached, or nothing may be sent.
 */
export function discoverProfile(request: DiscoveryRequest, deps: DiscoveryDeps): Promise<Discovery> {
  return withSpan('discover', { sync: request.sync.name }, async (span) => {
    const discovery = await tryProfiles(request, deps);
    span.set({ outcome: discovery.outcome, tries: discovery.tries.length, requests: discovery.requests });
    return discovery;
  });
}

async function tryProfiles(request: DiscoveryRequest, deps: DiscoveryDeps): Promise<Discovery> {
  const { sync, shutdown } = request;
  const key = requireEmail(request.email, deps.formats);
  await requireNotForgotten(sync, key, deps.state);
  const onRows = (done: number): void => request.onProgress({ step: 'read', done, total: null });
  const model = await findInModel({ sync, key, signal: shutdown.drain, onRows }, deps);
  if (model.participant !== null) {
    throw canaryNotSentError(
      'The model has this e-mail, and discovery sends made-up values.',
      'Use an address of your own that the model does not have.',
    );
  }
  const discovery = await new Discoverer(request, deps, { key, projection: model.projection }).run();
  await record(discovery, request, deps);
  return discovery;
}

/** A confirmed profile counts as one that a canary has confirmed. */
async function record({ outcome, tries }: Discovery, { sync }: DiscoveryRequest, deps: DiscoveryDeps): Promise<void> {
  const last = tries.at(-1);
  deps.log.info('wire profiles tried', { sync: sync.name, outcome, tries: tries.length });
  if (outcome !== 'confirmed' || last === undefined) return;
  const hub = deps.open(last.wire);
  hub.close();
  await deps.canaries.record(hub.fingerprint, {
    verdict: 'confirmed',
    sync: sync.name,
    person: 'made_up',
    settings: last.settings.map(({ setting, status }) => ({ setting, status })),
    fields: last.fields.map(({ field, status }) => ({ field, status })),
  });
}

class Discoverer {
  readonly #request: DiscoveryRequest;
  readonly #deps: DiscoveryDeps;
  readonly #person: { readonly key: string; readonly projection: Projection };
  readonly #search: ProfileSearch;
  readonly #tries: DiscoveryTry[] = [];
  readonly #accepted: WireSettings[] = [];
  #requests = 0;
  /** What the Hub has of the person; `null`: nobody has looked yet. */
  #seen: PersonObservation | null = null;

  constructor(
    request: DiscoveryRequest,
    deps: DiscoveryDeps,
    person: { readonly key: string; readonly projection: Projection },
  ) {
    this.#request = request;
    this.#deps = deps;
    this.#person = person;
    this.#search = new ProfileSearch(request.wire, person.projection);
  }

  async run(): Promise<Discovery> {
    for (let wire = this.#next(); wire !== null; wire = this.#next()) {
      if (this.#tries.length > 0 && this.#requests + requestsPerTry > maxDiscoveryRequests) {
        return this.#end(`${maxDiscoveryRequests} requests were not enough`);
      }
      const tried = await this.#try(wire);
      this.#tries.push(tried);
      if (tried.verdict === 'confirmed') return { ...this.#end(null), outcome: 'confirmed', profiles: [wire] };
      const reason = this.#reasonToStop(tried);
      if (reason !== null) return this.#end(reason);
      if (tried.answer === 'accepted' && this.#seen?.observation.read === false) this.#accepted.push(wire);
      this.#search.learn(wire, tried.settings);
    }
    return this.#end(this.#accepted.length > 0 ? null : 'no other profile is left');
  }

  #next(): WireSettings | null {
    const [accepted] = this.#accepted;
    return accepted === undefined ? this.#search.next() : this.#search.nextBeside(accepted);
  }

  #end(reason: string | null): Discovery {
    const outcome = this.#accepted.length > 0 ? 'accepted' : 'none';
    return { outcome, profiles: this.#accepted, tries: this.#tries, requests: this.#requests, reason };
  }

  /** What no other profile would change. */
  #reasonToStop({ answer, settings, fields }: DiscoveryTry): string | null {
    const wrong = settings.filter(({ status }) => status === 'wrong');
    const other = wrong.find(
      ({ setting }) =>
        setting === 'baseUrl' || setting === 'version' || (setting === 'auth' && this.#search.isConfirmed('auth')),
    );
    if (other !== undefined) return other.message;
    if (wrong.length > 0 || settings.some(({ status, hint }) => status === 'open' && hint !== null)) return null;
    const affected = fields.filter(({ status }) => status !== 'arrived' && status !== 'unproven');
    if (answer === 'accepted' && affected.length === 0) return 'the Hub had the same values before';
    if (answer === 'accepted')
      return `no profile explains what became of ${affected.map(({ field }) => field).join(', ')}`;
    return settings.at(-1)?.message ?? 'the Hub refused the test person';
  }

  async #try(wire: WireSettings): Promise<DiscoveryTry> {
    const hub = this.#counted(this.#deps.open(wire));
    try {
      const rejected = await this.#prepare(hub, wire);
      if (rejected !== null) return toTry(wire, { answer: rejected, findings: this.#findings(wire, rejected) });
      return await this.#send(hub, wire);
    } finally {
      hub.close();
    }
  }

  /** Reads without writing, which shows whether the key is sent as the Hub expects it; the answer if it is not. */
  async #prepare(hub: Destination, wire: WireSettings): Promise<CanaryAnswer | null> {
    if (this.#seen !== null) return null;
    const observed = await observe(this.#lookup(hub), this.#request.shutdown.drain);
    if ('kind' in observed) return observed;
    requireAllowedByMode(this.#request.sync.mode, observed);
    const { checkCharacteristics: mode } = this.#request;
    if (mode !== 'off' && this.#person.projection.characteristics.length > 0) await this.#checkSlugs(hub, mode);
    if (observed.observation.read) this.#search.learn(wire, [{ setting: 'auth', status: 'confirmed' }]);
    this.#seen = observed;
    return null;
  }

  /** An unknown slug would look like a profile that is wrong. */
  async #checkSlugs(hub: Destination, mode: 'stop' | 'warn'): Promise<void> {
    try {
      const defined = await hub.characteristics(this.#request.shutdown.drain);
      matchCharacteristics(this.#person.projection, defined, mode);
    } catch (thrown) {
      const error = toPanelsyncError(thrown);
      if (error.recovery === 'usage' || error.recovery === 'canceled') throw error;
    }
  }

  async #send(hub: Destination, wire: WireSettings): Promise<DiscoveryTry> {
    const { shutdown, sync, email } = this.#request;
    const { projection } = this.#person;
    const before = this.#seen ?? { observation: { read: false, reason: 'it was not asked' }, person: null };
    const { random = Math.random, formats } = this.#deps;
    const generated = generatePerson(projection, { email, before: before.person, random });
    const payload = hubPersonPayload(generated, { projection, formats });
    if (payload === null) throw new RangeError('a made-up person is always usable');
    const payloadText = canonicalText(payload);
    await hub.acquire(shutdown.drain);
    const onUnknownOutcome = sync.mode === 'insert' ? 'defer' : 'retry';
    const result = await hub.send([payloadText], { shutdown, fence: openFence, onUnknownOutcome });
    const answer = toCanaryAnswer(result, payloadText);
    const looks = answer.kind === 'accepted' && before.observation.read;
    const after = looks ? await this.#lookAfter(hub) : before;
    if (looks) this.#seen = after;
    const evidence = { wire, sent: payload, answer, before: before.observation, after: after.observation };
    const findings = withoutBlamedEnvelope(canaryFindings(evidence), evidence);
    return {
      ...toTry(wire, { answer, findings }),
      misplaced: misplacedFields(findings.fields, before.person, after.person),
    };
  }

  /** The list may lag: whoever does not appear is looked for once more. */
  async #lookAfter(hub: Destination): Promise<PersonObservation> {
    const { shutdown, retryDelaysMs } = this.#request;
    let seen: PersonObservation | null = null;
    for (const delayMs of retryDelaysMs.slice(0, 2)) {
      if (seen !== null && this.#requests >= maxDiscoveryRequests) break;
      await sleep(delayMs, shutdown.drain);
      seen = await this.#look(hub);
      if (!seen.observation.read || seen.observation.payload !== null) break;
    }
    return seen ?? this.#look(hub);
  }

  async #look(hub: Destination): Promise<PersonObservation> {
    const observed = await observe(this.#lookup(hub), this.#request.shutdown.drain);
    if (!('kind' in observed)) return observed;
    return { observation: { read: false, reason: 'the Hub turned the key away' }, person: null };
  }

  #findings(wire: WireSettings, answer: CanaryAnswer): CanaryFindings {
    const unread: Observation = { read: false, reason: 'it was not asked' };
    return canaryFindings({ wire, sent: { fields: {}, characteristics: {} }, answer, before: unread, after: unread });
  }

  #lookup(hub: Destination): ParticipantLookup {
    const { onProgress } = this.#request;
    const { key, projection } = this.#person;
    return {
      destination: hub,
      key,
      toPayload: (person: HubPerson) => hubPersonPayload(person, { projection, formats: this.#deps.formats }),
      onProgress: (done, total) => onProgress({ step: 'look', done, total }),
    };
  }

  #counted(hub: Destination): Destination {
    return {
      ...hub,
      participants: (range, signal) => {
        this.#requests += 1;
        return hub.participants(range, signal);
      },
      characteristics: (signal) => {
        this.#requests += 1;
        return hub.characteristics(signal);
      },
      send: async (payloads, options) => {
        const result = await hub.send(payloads, options);
        this.#requests += result.requests.sent;
        return result;
      },
    };
  }
}

function toTry(
  wire: WireSettings,
  { answer, findings }: { readonly answer: CanaryAnswer; readonly findings: CanaryFindings },
): DiscoveryTry {
  const { verdict, settings, fields } = findings;
  return { wire, answer: answer.kind, verdict, settings, fields, misplaced: [] };
}
