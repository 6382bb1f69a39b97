import type { CanaryRecord } from '../../../src/core/ports/canary-store.ts';
import { createForgottenPeople } from '../../../src/core/model/forgotten-people.ts';
import type { HubSession, HubState } from '../../../src/core/ports/hub/hub-session.ts';
import type { Log } from '../../../src/core/ports/log.ts';
import type { SyncSettings } from '../../../src/core/settings.ts';
import { formats } from '../../../src/core/formats.ts';
import { canarySync } from '../../../src/sync/canary/canary.ts';
import type { CanaryResult, TestPerson } from '../../../src/sync/canary/canary.ts';
import type { Progress } from '../../../src/sync/run-context.ts';
import { keyedCodec, plainCodec } from '../fixtures/payload-codecs.ts';
import { MemoryHub } from './hub.ts';
import type { MemoryHubOptions } from './hub.ts';
import { MemorySource } from './source.ts';
import type { MemoryRow } from './source.ts';
import { defaultSync } from '../fixtures/default-sync.ts';
import { newShutdownSignals, destinationSettings } from '../hub/scripted-hub.ts';

export const canaryEmail = 'canary@example.test';
const plainMapping: SyncSettings['mapping'] = { fields: { email: 'email', city: 'city' }, characteristics: {} };
export const otherRows: readonly MemoryRow[] = [
  ['a@example.test', 'Rome'],
  ['b@example.test', 'Rome'],
  ['c@example.test', null],
];

export interface CanaryScenario {
  readonly rows?: readonly MemoryRow[];
  readonly hub?: Partial<MemoryHubOptions>;
  readonly forgotten?: readonly string[];
}

/** A canary with everything around it in memory; what is told and kept of it can be looked at. */
export class MemoryCanary {
  readonly hub: MemoryHub;
  readonly source: MemorySource;
  readonly records: (readonly [string, CanaryRecord])[] = [];
  readonly progress: Progress[] = [];
  readonly testPersons: TestPerson[] = [];
  readonly logged: unknown[] = [];
  readonly sessions: unknown[] = [];
  readonly #forgotten: readonly string[];

  constructor({ rows = otherRows, hub = {}, forgotten = [] }: CanaryScenario = {}) {
    this.hub = new MemoryHub(hub);
    this.source = new MemorySource(['email', 'city'], rows);
    this.#forgotten = forgotten;
  }

  /** Makes somebody part of the Hub's list. */
  addToHub(address: string, city: string): void {
    this.hub.stored.push(JSON.stringify({ fields: { email: address, city }, characteristics: {} }));
  }

  send(sync: Partial<SyncSettings> = {}, address = canaryEmail): Promise<CanaryResult> {
    const request = {
      sync: { ...defaultSync, mapping: plainMapping, ...sync },
      email: address,
      wire: destinationSettings('http://127.0.0.1/api').wire,
      shutdown: newShutdownSignals(),
      checkCharacteristics: 'stop' as const,
      retryDelaysMs: [],
      onProgress: (progress: Progress) => void this.progress.push(progress),
      onPerson: (person: TestPerson) => void this.testPersons.push(person),
    };
    const log: Log = {
      debug: () => undefined,
      info: (event, fields) => void this.logged.push([event, fields]),
      warn: () => undefined,
      error: () => undefined,
    };
    const record = async (destination: string, canary: CanaryRecord): Promise<string> => {
      this.records.push([destination, canary]);
      return '2026-01-01T00:00:00.000Z';
    };
    const canaries = { last: async () => null, record };
    const { hub: destination, source } = this;
    return canarySync(request, {
      state: this.#state(),
      canaries,
      source,
      destination,
      formats,
      log,
      random: () => 0,
    });
  }

  #state(): HubState {
    const forgottenHashes = new Set(this.#forgotten.map((one) => keyedCodec.personHash('email', one)));
    const unexpectedCall = (): Promise<never> => Promise.reject(new Error('a canary asks for no such thing'));
    const session: HubSession = {
      codec: plainCodec,
      forgotten: async () =>
        forgottenHashes.size === 0 ? null : createForgottenPeople(forgottenHashes, keyedCodec, defaultSync),
      lost: new AbortController().signal,
      lostError: unexpectedCall,
      baseline: unexpectedCall,
      comparison: unexpectedCall,
      close: async () => void this.sessions.push('close'),
    };
    return {
      openHubSession: async ({ name }, { lock }) => {
        this.sessions.push([name, lock]);
        return session;
      },
    };
  }
}
