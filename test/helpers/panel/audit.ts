import type { BaselineState, Resumption } from '../../../src/core/ports/hub/baseline.ts';
import type { PayloadCodec } from '../../../src/core/model/payload-codec.ts';
import type { Destination } from '../../../src/core/ports/destination.ts';
import type { Source } from '../../../src/core/ports/source.ts';
import type { DestinationSettings, SyncSettings } from '../../../src/core/settings.ts';
import { formats } from '../../../src/core/formats.ts';
import { createPostgresSource } from '../../../src/source/postgres/postgres.ts';
import { createHubState } from '../../../src/state/hub-session.ts';
import { baselineSync } from '../../../src/sync/audit/baseline.ts';
import type { BaselineRequest } from '../../../src/sync/audit/baseline.ts';
import { csvParticipants, hubParticipants } from '../../../src/sync/audit/participant-source.ts';
import type { CsvOptions } from '../../../src/sync/audit/participant-source.ts';
import { verifySync } from '../../../src/sync/audit/verify.ts';
import type { Verification, VerifyDeps, VerifyRequest } from '../../../src/sync/audit/verify.ts';
import { plainCodec } from '../fixtures/payload-codecs.ts';
import { defaultSync } from '../fixtures/default-sync.ts';
import { defaultStateOptions } from './state-options.ts';
import type { TestPanel } from './panel.ts';
import { silentLog } from '../postgres/postgres.ts';

/** What happens before the Hub is asked for a page, numbered by the order of asking. */
export interface HubHooks {
  readonly beforeRequest?: (request: number) => unknown;
}

export interface BaselineOptions extends HubHooks, Partial<Omit<BaselineRequest, 'sync' | 'people'>> {
  readonly codec?: PayloadCodec;
  readonly sync?: Partial<SyncSettings>;
  readonly destination?: Partial<DestinationSettings>;
  readonly csv?: CsvOptions;
}

export interface BaselineResult {
  readonly state: BaselineState;
  readonly resumption: Resumption;
}

/** A baseline of the panel's usual sync, out of its Hub or a file. */
export async function baseline(panel: TestPanel, options: BaselineOptions = {}): Promise<BaselineResult> {
  const sync = { ...defaultSync, ...options.sync };
  const { codec = plainCodec } = options;
  const hub = withHubHooks(panel.destination(options.destination), options);
  const source = warehouseSource(panel);
  let resumption: Resumption = 'none';
  try {
    const people = options.csv === undefined ? hubParticipants(hub) : await csvParticipants(options.csv, sync, formats);
    const defaults = {
      replace: false,
      restart: false,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    };
    const onBegin = (_: BaselineState, resumed: Resumption): void => void (resumption = resumed);
    const deps = {
      state: createHubState(panel.database, { ...defaultStateOptions(panel.database, panel.hub.url), codec }),
      source,
      formats,
      log: silentLog,
    };
    const state = await baselineSync({ ...defaults, onStarted: onBegin, ...options, sync, people }, deps);
    return { state, resumption };
  } finally {
    hub.close();
    await source.close();
  }
}

export interface VerifyOptions extends HubHooks, Partial<Omit<VerifyRequest, 'sync'>>, Pick<VerifyDeps, 'random'> {
  readonly codec?: PayloadCodec;
  readonly sync?: Partial<SyncSettings>;
}

/** The panel's usual sync laid beside its Hub. */
export async function verify(panel: TestPanel, options: VerifyOptions = {}): Promise<Verification> {
  const destination = withHubHooks(panel.destination(), options);
  const source = warehouseSource(panel);
  const { random = Math.random, codec = plainCodec, beforeRequest: _, ...request } = options;
  try {
    const signal = new AbortController().signal;
    const defaults = { sample: null, limit: 20, repair: null, signal, onProgress: () => undefined };
    const deps = {
      state: createHubState(panel.database, { ...defaultStateOptions(panel.database, panel.hub.url), codec }),
      source,
      destination,
      formats,
      log: silentLog,
      random,
    };
    return await verifySync({ ...defaults, ...request, sync: { ...defaultSync, ...options.sync } }, deps);
  } finally {
    destination.close();
    await source.close();
  }
}

function withHubHooks(hub: Destination, { beforeRequest }: HubHooks): Destination {
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

export function warehouseSource({ url }: TestPanel): Source {
  return createPostgresSource({
    name: defaultSync.source,
    type: 'postgres',
    url,
    statementTimeoutMs: 60_000,
    connectTimeoutMs: 10_000,
    tls: null,
  });
}
