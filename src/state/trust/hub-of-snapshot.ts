import { PanelsyncError } from '../../core/errors.ts';
import type { StateClient } from '../db/state-client.ts';
import type { Database } from '../db/database.ts';
import { recomputeCountsWithin } from '../run/record-runs.ts';
import { outdateFingerprints } from '../tables/fingerprints.ts';
import type { TrustContext } from './trust-context.ts';

/** The Hub that a snapshot belongs to, by its address. What another Hub accepted says nothing about this one. */

type HubContext = Pick<TrustContext, 'syncId' | 'sync' | 'hubAddress'>;

/** Throws where the snapshot belongs to another Hub and is still in use: `resync` sets it aside. */
export async function requireSameHub(
  database: Pick<Database, 'query'>,
  { syncId, sync, hubAddress }: HubContext,
): Promise<void> {
  const [row] = await database.query<{ hub_address: string; in_use: boolean }>({
    text: `select hub_address, exists (select from snapshot where sync_id = s.id and run_id >= s.resync_before)
             or exists (select from batches b join runs r on r.id = b.run_id
               where r.sync_id = s.id and r.id >= s.resync_before and b.state in ('in_flight', 'unknown')) as in_use
           from syncs s where id = $1 and hub_address <> $2`,
    values: [syncId, hubAddress],
  });
  if (row?.in_use === true) throw anotherHubError(sync.name, row.hub_address, hubAddress);
}

/**
 * What the snapshot held of another Hub goes, and so do batches that the other Hub may have stored: they are nothing to
 * resolve here. It belongs to no Hub then, until this one accepts somebody: the address may be mistyped.
 */
export async function leaveFormerHub(
  client: StateClient,
  { syncId, hubAddress }: Omit<HubContext, 'sync'>,
): Promise<void> {
  const { rowCount } = await client.query('update syncs set hub_address = null where id = $1 and hub_address <> $2', [
    syncId,
    hubAddress,
  ]);
  if (rowCount === 0) return;
  await outdateFingerprints(client, syncId);
  for (const table of ['snapshot', 'snapshot_fields']) {
    await client.query(`delete from ${table} where sync_id = $1`, [syncId]);
  }
  await client.query('delete from suppressions where sync_id = $1', [syncId]);
  const { rows: unresolved } = await client.query<{ run_id: number }>(
    `update batches b set state = 'not_sent', settled_at = now() from runs r
     where r.id = b.run_id and r.sync_id = $1 and b.state in ('in_flight', 'unknown') returning b.run_id`,
    [syncId],
  );
  for (const runId of new Set(unresolved.map(({ run_id: id }) => id))) {
    await recomputeCountsWithin(client, String(runId));
  }
}

/** The Hub has moved to this address; returns the former one, or null where nothing changed. */
export async function recordHubAddress(database: Database, sync: string, hubAddress: string): Promise<string | null> {
  const [row] = await database.query<{ former: string | null }>({
    text: `update syncs s set hub_address = $2
           from (select id, hub_address as former from syncs where name = $1 for update) old
           where s.id = old.id and old.former <> $2 returning old.former`,
    values: [sync, hubAddress],
  });
  return row?.former ?? null;
}

function anotherHubError(sync: string, former: string, configured: string): PanelsyncError {
  return new PanelsyncError({
    code: 'another_hub',
    recovery: 'usage',
    message: `The snapshot of "${sync}" belongs to the Hub at ${former}, and the configuration names ${configured}.`,
    hint:
      `Set destination.baseUrl back, or say what changed. The same Hub under a new address: panelsync resync ${sync} --same-hub. ` +
      `Another Hub instead of the former one: panelsync resync ${sync} (the next run sends everybody) or panelsync baseline ${sync} --replace (imports who is there). ` +
      `Both Hubs side by side: another state.schema, or another name for the sync.`,
  });
}
