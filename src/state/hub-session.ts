import type pg from 'pg';
import type { BaselineRecorder } from '../core/ports/baseline.ts';
import type { Comparison } from '../core/ports/comparison.ts';
import type { PanelsyncError } from '../core/errors.ts';
import type { HubSession, HubState } from '../core/ports/hub-session.ts';
import { openBaseline } from './tables/baselines.ts';
import { stateLost } from '../core/lost-errors.ts';
import { openComparison } from './hub-comparison.ts';
import { endConnection, told } from './db/database.ts';
import type { Database } from './db/database.ts';
import { forgottenIn } from './tables/forgotten.ts';
import { requireHashKey } from './tables/hash-key.ts';
import { usualLease } from './lease/lock.ts';
import { connectSync } from './run/run-session.ts';
import type { SyncConnection } from './run/run-session.ts';
import type { StateParts } from './state.ts';

export function createHubState(database: Database, parts: StateParts): HubState {
  const { keeping, log, lease = usualLease } = parts;
  return {
    openHubSession: async (sync, { lock }) => {
      const kept = (id: number): Kept => ({
        keeping,
        forgotten: () => forgottenIn(database, { id, settings: sync }, keeping),
      });
      if (lock) {
        const connection = await connectSync(database, sync.name, { lock, keeping, lease, log });
        return { ...locked(connection), ...kept(connection.row.id) };
      }
      await requireHashKey(database, keeping, keeping.payload === 'hashed');
      const id = await knownSync(database, sync.name);
      return { ...unlocked(await database.dedicated(), id), ...kept(id) };
    },
  };
}

type Kept = Pick<HubSession, 'keeping' | 'forgotten'>;

/** Everything is written on the connection that holds the lock, so that whoever lost the one has lost the other. */
function locked({ client, lost, row, lease, close }: SyncConnection): Omit<HubSession, keyof Kept> {
  return { ...work(client, row.id), lost: lost.signal, whyLost: () => lease.whyLost(), close };
}

function unlocked(client: pg.Client, syncId: number): Omit<HubSession, keyof Kept> {
  const lost = new AbortController();
  client.on('end', () => lost.abort());
  client.on('error', () => lost.abort());
  const whyLost = (): Promise<PanelsyncError> => Promise.resolve(stateLost());
  return { ...work(client, syncId), lost: lost.signal, whyLost, close: () => endConnection(client) };
}

function work(client: pg.Client, syncId: number): Pick<HubSession, 'baseline' | 'comparison'> {
  return {
    baseline: async (start) => toldBaseline(await told(openBaseline(client, syncId, start))),
    comparison: async () => toldComparison(await told(openComparison(client, syncId))),
  };
}

/** No row has this number: the snapshot of a sync that never ran is empty. */
const noSync = 0;

async function knownSync(database: Database, name: string): Promise<number> {
  const [row] = await database.rows<{ id: number }>({ text: 'select id from syncs where name = $1', values: [name] });
  return row?.id ?? noSync;
}

function toldBaseline(recorder: BaselineRecorder): BaselineRecorder {
  return { ...recorder, merge: (part) => told(recorder.merge(part)), finish: () => told(recorder.finish()) };
}

function toldComparison(comparison: Comparison): Comparison {
  return {
    standings: (people) => told(comparison.standings(people)),
    note: (judged) => told(comparison.note(judged)),
    counts: () => told(comparison.counts()),
    missing: (limit) => told(comparison.missing(limit)),
    unknown: (limit) => told(comparison.unknown(limit)),
    different: (limit) => told(comparison.different(limit)),
    repair: (options) => told(comparison.repair(options)),
  };
}
