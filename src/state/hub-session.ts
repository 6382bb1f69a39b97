import type { PanelsyncError } from '../core/errors.ts';
import type { HubSession, HubState } from '../core/ports/hub-session.ts';
import { openBaseline } from './tables/baselines.ts';
import { stateConnectionLost } from '../core/lost-errors.ts';
import { openComparison } from './hub-comparison.ts';
import type { Database } from './db/database.ts';
import { loadForgotten } from './tables/forgotten.ts';
import { requireHashKey } from './tables/hash-key.ts';
import { connectSync } from './run/run-session.ts';
import type { SyncConnection } from './run/run-session.ts';
import { connectOptions } from './state.ts';
import type { StateOptions } from './state.ts';
import type { StateClient } from './db/state-client.ts';

export function createHubState(database: Database, options: StateOptions): HubState {
  const { codec } = options;
  return {
    openHubSession: async (sync, { lock }) => {
      const poolMembers = (id: number): PoolMembers => ({
        codec,
        forgotten: () => loadForgotten(database, { id, settings: sync }, codec),
      });
      if (lock) {
        const connection = await connectSync(database, sync.name, { ...connectOptions(options), lock });
        return { ...lockedMembers(connection), ...poolMembers(connection.row.id) };
      }
      await requireHashKey(database, codec, codec.payload === 'hashed');
      const id = await findSyncId(database, sync.name);
      return { ...unlockedMembers(await database.dedicatedClient(), id), ...poolMembers(id) };
    },
  };
}

type PoolMembers = Pick<HubSession, 'codec' | 'forgotten'>;

/** Everything is written on the connection that holds the lock, so that whoever lost the one has lost the other. */
function lockedMembers({ client, lost, row, lease, close }: SyncConnection): Omit<HubSession, keyof PoolMembers> {
  return { ...hubOperations(client, row.id), lost: lost.signal, lostError: () => lease.whyLost(), close };
}

function unlockedMembers(client: StateClient, syncId: number): Omit<HubSession, keyof PoolMembers> {
  const lost = new AbortController();
  client.onEnd(() => lost.abort());
  const whyLost = (): Promise<PanelsyncError> => Promise.resolve(stateConnectionLost());
  return {
    ...hubOperations(client, syncId),
    lost: lost.signal,
    lostError: whyLost,
    close: () => client.end(),
  };
}

function hubOperations(client: StateClient, syncId: number): Pick<HubSession, 'baseline' | 'comparison'> {
  return {
    baseline: (start) => openBaseline(client, syncId, start),
    comparison: () => openComparison(client, syncId),
  };
}

/** No row has this number: the snapshot of a sync that never ran is empty. */
const noSyncId = 0;

async function findSyncId(database: Database, name: string): Promise<number> {
  const [row] = await database.query<{ id: number }>({ text: 'select id from syncs where name = $1', values: [name] });
  return row?.id ?? noSyncId;
}
