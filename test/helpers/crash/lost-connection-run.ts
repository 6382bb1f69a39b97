import { PanelsyncError } from '../../../src/core/errors.ts';
import { openDatabase } from '../../../src/state/db/database.ts';
import type { CrashPoint } from './crash-points.ts';
import { startFaultProxy } from '../network/fault-proxy.ts';
import type { RunChoices, TestPanel } from '../panel/panel.ts';
import { until } from '../wait-until.ts';

/**
 * A run that cannot reach its state database any more from a point on, and leaves there what a dead process leaves.
 * Where it never comes to the point, it is a run as any other.
 */
export async function losingRun(panel: TestPanel, choices: RunChoices, at: CrashPoint): Promise<void> {
  const address = new URL(panel.url);
  const proxy = await startFaultProxy({ target: { host: address.hostname, port: Number(address.port) } });
  address.port = String(proxy.port);
  const database = openDatabase(address.href, 'panelsync');
  const refusals: Promise<void>[] = [];
  const crash = (point: CrashPoint): void => {
    if (point !== at || refusals.length > 0) return;
    refusals.push(proxy.refuse(true));
    proxy.cutAll();
  };
  try {
    await panel.run({ ...choices, database, crash });
  } catch (error) {
    if (!(error instanceof PanelsyncError)) throw error;
  } finally {
    await Promise.all(refusals);
    await database.close();
    await proxy.close();
    // The server may still be about to notice that the holder of the lock is gone.
    await until(async () => (await panel.sql("select from pg_locks where locktype = 'advisory'")).length === 0);
  }
}
