import type { ParticipantPage } from '../../../src/core/model/hub-person.ts';
import type { Destination } from '../../../src/core/ports/destination.ts';
import type { DestinationSettings, SyncSettings, WireSettings } from '../../../src/core/settings.ts';
import { formats } from '../../../src/core/formats.ts';
import { openCanaries } from '../../../src/state/tables/canaries.ts';
import { createHubState } from '../../../src/state/hub-session.ts';
import { canarySync } from '../../../src/sync/canary/canary.ts';
import type { CanaryResult, CanaryDeps, TestPerson } from '../../../src/sync/canary/canary.ts';
import { discoverProfile } from '../../../src/sync/canary/discover.ts';
import type { Discovery } from '../../../src/sync/canary/discover.ts';
import { plainCodec } from '../fixtures/payload-codecs.ts';
import { defaultSync } from '../fixtures/default-sync.ts';
import { defaultStateOptions } from './state-options.ts';
import type { TestPanel } from './panel.ts';
import { silentLog } from '../postgres/postgres.ts';
import { newShutdownSignals, destinationSettings } from '../hub/scripted-hub.ts';
import { warehouseSource } from './audit.ts';

export interface CanaryOptions extends Partial<Pick<CanaryDeps, 'random'>> {
  readonly email?: string;
  readonly sync?: Partial<SyncSettings>;
  readonly destination?: Partial<DestinationSettings>;
  readonly readAttempts?: number;
  /** So many looks after the sending still get what the first one got. */
  readonly staleReads?: number;
  onPerson?(person: TestPerson): void;
}

export const testEmail = 'canary@example.test';

/** A canary of the panel's usual sync. */
export async function runCanary(panel: TestPanel, options: CanaryOptions = {}): Promise<CanaryResult> {
  const destination = withStaleList(panel.destination(options.destination), options.staleReads ?? 0);
  const source = warehouseSource(panel);
  const { email = testEmail, onPerson = () => undefined, readAttempts = 1, random = Math.random } = options;
  const settings = destinationSettings(panel.hub.url, options.destination);
  const request = {
    sync: { ...defaultSync, ...options.sync },
    email,
    wire: settings.wire,
    checkCharacteristics: settings.checkCharacteristics,
    shutdown: newShutdownSignals(),
    retryDelaysMs: Array.from({ length: readAttempts - 1 }, () => 1),
    onProgress: () => undefined,
    onPerson,
  };
  const state = createHubState(panel.database, {
    ...defaultStateOptions(panel.database, panel.hub.url),
    codec: plainCodec,
  });
  const canaries = openCanaries(panel.database);
  try {
    return await canarySync(request, { state, canaries, source, destination, formats, log: silentLog, random });
  } finally {
    destination.close();
    await source.close();
  }
}

/** A search for the profile of the panel's Hub, from the one that is configured. */
export async function runDiscovery(panel: TestPanel, options: CanaryOptions = {}): Promise<Discovery> {
  const source = warehouseSource(panel);
  const settings = destinationSettings(panel.hub.url, options.destination);
  const request = {
    sync: { ...defaultSync, ...options.sync },
    email: options.email ?? testEmail,
    wire: settings.wire,
    checkCharacteristics: settings.checkCharacteristics,
    shutdown: newShutdownSignals(),
    retryDelaysMs: [],
    onProgress: () => undefined,
  };
  const state = createHubState(panel.database, {
    ...defaultStateOptions(panel.database, panel.hub.url),
    codec: plainCodec,
  });
  const open = (wire: WireSettings): Destination => panel.destination({ ...options.destination, wire });
  const canaries = openCanaries(panel.database);
  try {
    return await discoverProfile(request, { state, canaries, source, open, formats, log: silentLog });
  } finally {
    await source.close();
  }
}

function withStaleList(hub: Destination, staleReads: number): Destination {
  let first: ParticipantPage | null = null;
  let remaining = staleReads;
  return {
    ...hub,
    participants: async (page, signal) => {
      const current = await hub.participants(page, signal);
      first ??= current;
      if (current === first || remaining === 0) return current;
      remaining -= 1;
      return first;
    },
  };
}

/** The status of each setting, by its name. */
export function settingStatuses({ settings }: Pick<CanaryResult, 'settings'>): Readonly<Record<string, string>> {
  return Object.fromEntries(settings.map(({ setting, status }) => [setting, status]));
}

/** The status of each field, by its name. */
export function fieldStatuses({ fields }: Pick<CanaryResult, 'fields'>): Readonly<Record<string, string>> {
  return Object.fromEntries(fields.map(({ field, status }) => [field, status]));
}
