import { canceledWhileWaiting } from '../../core/errors.ts';
import { sleep } from '../../lib/async/sleep.ts';
import type { Database } from '../db/database.ts';
import { acquireLease } from './lease.ts';
import type { Lease } from './lease.ts';
import { defaultLeaseTimes } from './lock.ts';

/** Work during which none of these syncs runs; when one of them does, or `signal` aborts before, nothing is done. */
export async function withLeases<T>(
  database: Database,
  syncs: readonly { readonly id: number; readonly name: string }[],
  work: () => Promise<T>,
  signal: AbortSignal = new AbortController().signal,
): Promise<T> {
  const client = await database.dedicatedClient();
  const leases: Lease[] = [];
  try {
    for (const { id, name } of syncs) {
      const target = { schema: database.schema, syncId: id, sync: name, times: defaultLeaseTimes };
      const { lease, graceMs } = await acquireLease(client, { database, target, lost: new AbortController() });
      leases.push(lease);
      // Whoever had the lock and did not let go of it may have something on the wire.
      await sleep(graceMs, signal);
      if (signal.aborted) throw canceledWhileWaiting(`the process that ran the sync "${name}" before`);
    }
    return await work();
  } finally {
    for (const lease of leases) await lease.release();
    await client.end();
  }
}
