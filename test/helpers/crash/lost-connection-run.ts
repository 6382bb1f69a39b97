import { PanelsyncError } from '../../../src/core/errors.ts';
import { openDatabase } from '../../../src/state/db/database.ts';
import type { CrashPoint } from './crash-points.ts';
import { startFaultProxy } from '../network/fault-proxy.ts';
import type { RunOptions, TestPanel } from '../panel/panel.ts';
import { waitUntil } from '../wait-until.ts';

/**
 * A run that cannot reach its state database any more from a point on, and leaves there what a dead process leaves.
 * Where it never comes to the point, it is a run as any other.
 */
export async function runWithLostConnection(
  panel: TestPanel,
  options: RunOptions,
  crashPoint: CrashPoint,
): Promise<void> {
  const address = new URL(panel.url);
  const proxy = await startFaultProxy({ target: { host: address.hostname, port: Number(address.port) } });
  address.port = String(proxy.port);
  const database = openDatabase(address.href, 'panelsync');
  const pendingRefusals: Promise<void>[] = [];
  const onCrashPoint = (point: CrashPoint): void => {
    if (point !== crashPoint || pendingRefusals.length > 0) return;
    pendingRefusals.push(proxy.refuse(true));
    proxy.cutAll();
  };
  try {
    await panel.run({ ...options, database, onCrashPoint });
  } catch (error) {
    if (!(error instanceof PanelsyncError)) throw error;
  } finally {
    await Promise.all(pendingRefusals);
    await database.close();
    await proxy.close();
    // The server may still be about to notice that the holder of the lock is gone.
    await waitUntil(async () => (await panel.sql("select from pg_locks where locktype = 'advisory'")).length === 0);
  }
}
