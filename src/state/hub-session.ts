import type { HubSession, HubState } from '../core/ports/hub/hub-session.ts';
import { openBaseline } from './tables/baselines.ts';
import { stateConnectionLost } from '../core/lost-errors.ts';
import { openComparison } from './hub-comparison.ts';
import type { Database } from './db/database.ts';
import { loadForgotten } from './tables/forgotten.ts';
import { requireHashKey } from './tables/hash-key.ts';
import { findSyncId } from './tables/schedules.ts';
import { connectSync } from './run/run-session.ts';
import { connectOptions } from './state.ts';
import type { StateOptions } from './state.ts';
import type { StateClient } from './db/state-client.ts';
import { leaveFormerHub, requireSameHub } from './trust/hub-of-snapshot.ts';
import type { TrustContext } from './trust/trust-context.ts';

export function createHubState(database: Database, options: StateOptions): HubState {
  const { codec, hubAddress } = options;
  return {
    openHubSession: async (sync, { lock }) => {
      const membersOf = (client: StateClient, syncId: number): HubMembers => ({
        codec,
        forgotten: () => loadForgotten(database, { id: syncId, settings: sync }, codec),
        ...hubOperations(client, database, { syncId, sync, hubAddress }),
      });
      if (lock) {
        const { client, lost, row, lease, close } = await connectSync(database, sync.name, {
          ...connectOptions(options),
          lock,
        });
        // Everything is written on the connection that holds the lock: losing one means losing the other.
        return { ...membersOf(client, row.id), lost: lost.signal, lostError: () => lease.whyLost(), close };
      }
      await requireHashKey(database, codec, codec.payload === 'hashed');
      const syncId = await findSyncId(database, sync.name);
      const client = await database.dedicatedClient();
      return { ...membersOf(client, syncId), ...unlockedMembers(client) };
    },
  };
}

type HubMembers = Pick<HubSession, 'codec' | 'forgotten' | 'baseline' | 'comparison'>;

function unlockedMembers(client: StateClient): Omit<HubSession, keyof HubMembers> {
  const lost = new AbortController();
  client.onEnd(() => lost.abort());
  return {
    lost: lost.signal,
    lostError: () => Promise.resolve(stateConnectionLost()),
    close: () => client.end(),
  };
}

function hubOperations(
  client: StateClient,
  database: Database,
  hub: Pick<TrustContext, 'syncId' | 'sync' | 'hubAddress'>,
): Pick<HubSession, 'baseline' | 'comparison'> {
  return {
    baseline: async (start) => {
      if (!start.replace) await requireSameHub(database, hub);
      await client.transaction(() => leaveFormerHub(client, hub));
      return openBaseline(client, hub, start);
    },
    comparison: async () => {
      await requireSameHub(database, hub);
      return openComparison(client, hub.syncId);
    },
  };
}
