import type { BaselineState, Resumption } from '../../../src/core/ports/baseline.ts';
import type { Keeping } from '../../../src/core/model/payload-codec.ts';
import type { Destination, Source } from '../../../src/core/ports/ports.ts';
import type { DestinationSettings, SyncSettings } from '../../../src/core/settings.ts';
import { formats } from '../../../src/core/formats.ts';
import { createPostgresSource } from '../../../src/source/postgres/postgres.ts';
import { createHubState } from '../../../src/state/hub-session.ts';
import { baselineSync } from '../../../src/sync/audit/baseline.ts';
import type { BaselineRequest } from '../../../src/sync/audit/baseline.ts';
import { csvPeople, hubPeople } from '../../../src/sync/audit/participant-source.ts';
import type { CsvChoice } from '../../../src/sync/audit/participant-source.ts';
import { verifySync } from '../../../src/sync/audit/verify.ts';
import type { Verification, VerifyDeps, VerifyRequest } from '../../../src/sync/audit/verify.ts';
import { plainKeeping } from '../fixtures/payload-codecs.ts';
import { quickLease, usualSync } from './panel.ts';
import type { TestPanel } from './panel.ts';
import { silentLog } from '../postgres/postgres.ts';

/** What happens before the Hub is asked for a page, numbered by the order of asking. */
export interface Interference {
  readonly beforeRequest?: (request: number) => unknown;
}

export interface BaselineChoices extends Interference, Partial<Omit<BaselineRequest, 'sync' | 'people'>> {
  readonly keeping?: Keeping;
  readonly sync?: Partial<SyncSettings>;
  readonly destination?: Partial<DestinationSettings>;
  readonly csv?: CsvChoice;
}

export interface BaselineEnd {
  readonly state: BaselineState;
  readonly resumption: Resumption;
}

/** A baseline of the panel's usual sync, out of its Hub or a file. */
export async function baseline(panel: TestPanel, choices: BaselineChoices = {}): Promise<BaselineEnd> {
  const sync = { ...usualSync, ...choices.sync };
  const { keeping = plainKeeping } = choices;
  const hub = interfered(panel.destination(choices.destination), choices);
  const source = warehouse(panel);
  let resumption: Resumption = 'none';
  try {
    const people = choices.csv === undefined ? hubPeople(hub) : await csvPeople(choices.csv, sync, formats);
    const usual = { replace: false, restart: false, signal: new AbortController().signal, onProgress: () => undefined };
    const onBegin = (_: BaselineState, resumed: Resumption): void => void (resumption = resumed);
    const deps = {
      state: createHubState(panel.database, { keeping, log: silentLog, lease: quickLease }),
      source,
      formats,
      log: silentLog,
    };
    const state = await baselineSync({ ...usual, onBegin, ...choices, sync, people }, deps);
    return { state, resumption };
  } finally {
    hub.close();
    await source.close();
  }
}

export interface VerifyChoices extends Interference, Partial<Omit<VerifyRequest, 'sync'>>, Pick<VerifyDeps, 'random'> {
  readonly keeping?: Keeping;
  readonly sync?: Partial<SyncSettings>;
}

/** The panel's usual sync laid beside its Hub. */
export async function verify(panel: TestPanel, choices: VerifyChoices = {}): Promise<Verification> {
  const destination = interfered(panel.destination(), choices);
  const source = warehouse(panel);
  const { random = Math.random, keeping = plainKeeping, beforeRequest: _, ...request } = choices;
  try {
    const signal = new AbortController().signal;
    const usual = { sample: null, limit: 20, repair: null, signal, onProgress: () => undefined };
    const deps = {
      state: createHubState(panel.database, { keeping, log: silentLog, lease: quickLease }),
      source,
      destination,
      formats,
      log: silentLog,
      random,
    };
    return await verifySync({ ...usual, ...request, sync: { ...usualSync, ...choices.sync } }, deps);
  } finally {
    destination.close();
    await source.close();
  }
}

function interfered(hub: Destination, { beforeRequest }: Interference): Destination {
  let requests = 0;
  return {
    ...hub,
    participants: async (page, signal) => {
      requests += 1;
      await beforeRequest?.(requests);
      return hub.participants(page, signal);
    },
  };
}

export function warehouse({ url }: TestPanel): Source {
  return createPostgresSource({
    name: usualSync.source,
    type: 'postgres',
    url,
    statementTimeoutMs: 60_000,
    connectTimeoutMs: 10_000,
    tls: null,
  });
}
