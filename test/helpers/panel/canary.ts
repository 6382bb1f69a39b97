import type { ParticipantPage } from '../../../src/core/model/hub-person.ts';
import type { Destination } from '../../../src/core/ports/ports.ts';
import type { DestinationSettings, SyncSettings } from '../../../src/core/settings.ts';
import { formats } from '../../../src/core/formats.ts';
import { openCanaries } from '../../../src/state/tables/canaries.ts';
import { createHubState } from '../../../src/state/hub-session.ts';
import { canarySync } from '../../../src/sync/canary/canary.ts';
import type { Canary, CanaryDeps, TestPerson } from '../../../src/sync/canary/canary.ts';
import { plainKeeping } from '../fixtures/payload-codecs.ts';
import { quickLease, usualSync } from './panel.ts';
import type { TestPanel } from './panel.ts';
import { silentLog } from '../postgres/postgres.ts';
import { newStop, settingsFor } from '../hub/scripted-hub.ts';
import { warehouse } from './audit.ts';

export interface CanaryChoices extends Partial<Pick<CanaryDeps, 'random'>> {
  readonly email?: string;
  readonly sync?: Partial<SyncSettings>;
  readonly destination?: Partial<DestinationSettings>;
  readonly looks?: number;
  /** So many looks after the sending still get what the first one got. */
  readonly stale?: number;
  onPerson?(person: TestPerson): void;
}

export const testEmail = 'canary@example.test';

/** A canary of the panel's usual sync. */
export async function canary(panel: TestPanel, choices: CanaryChoices = {}): Promise<Canary> {
  const destination = lagging(panel.destination(choices.destination), choices.stale ?? 0);
  const source = warehouse(panel);
  const { email = testEmail, onPerson = () => undefined, looks = 1, random = Math.random } = choices;
  const request = {
    sync: { ...usualSync, ...choices.sync },
    email,
    wire: settingsFor(panel.hub.url, choices.destination).wire,
    stop: newStop(),
    waitsMs: Array.from({ length: looks - 1 }, () => 1),
    onProgress: () => undefined,
    onPerson,
  };
  const state = createHubState(panel.database, { keeping: plainKeeping, log: silentLog, lease: quickLease });
  const canaries = openCanaries(panel.database);
  try {
    return await canarySync(request, { state, canaries, source, destination, formats, log: silentLog, random });
  } finally {
    destination.close();
    await source.close();
  }
}

function lagging(hub: Destination, stale: number): Destination {
  let first: ParticipantPage | null = null;
  let left = stale;
  return {
    ...hub,
    participants: async (page, signal) => {
      const now = await hub.participants(page, signal);
      first ??= now;
      if (now === first || left === 0) return now;
      left -= 1;
      return first;
    },
  };
}

/** The status of each setting, by its name. */
export function statuses({ settings }: Pick<Canary, 'settings'>): Readonly<Record<string, string>> {
  return Object.fromEntries(settings.map(({ setting, status }) => [setting, status]));
}

/** The status of each field, by its name. */
export function fieldStatuses({ fields }: Pick<Canary, 'fields'>): Readonly<Record<string, string>> {
  return Object.fromEntries(fields.map(({ field, status }) => [field, status]));
}
