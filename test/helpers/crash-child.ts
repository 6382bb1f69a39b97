import { createResearchHub } from '../../src/destination/research-hub.ts';
import { formats } from '../../src/lib/formats.ts';
import { createPostgresSource } from '../../src/source/postgres.ts';
import { openDatabase } from '../../src/state/database.ts';
import { createState } from '../../src/state/state.ts';
import { runSync } from '../../src/sync/run-sync.ts';
import type { Mode } from '../../src/core/types.ts';
import { crasher, crashingDestination, crashingState } from './crashing.ts';
import type { CrashPoint } from './crashing.ts';
import { plainKeeping } from './keeping.ts';
import { quickLease, usualSync } from './panel.ts';
import { silentLog } from './postgres.ts';
import { newStop, settingsFor } from './scripted-hub.ts';

/** What the parent asks of this process: one run that dies on its way. */
export interface CrashOrder {
  readonly url: string;
  readonly hub: string;
  readonly mode: Mode;
  /** `null`: the parent kills it. */
  readonly point: CrashPoint | null;
}

const order = JSON.parse(process.argv[2] ?? '') as CrashOrder;
const crash = order.point === null ? () => undefined : crasher(order.point);
// One sender, so that just one batch is in flight when the run dies.
const delivery = settingsFor(order.hub, { concurrency: 1 });
const database = openDatabase(order.url, 'panelsync');
const source = createPostgresSource({
  name: usualSync.source,
  type: 'postgres',
  url: order.url,
  statementTimeoutMs: 60_000,
  connectTimeoutMs: 10_000,
  tls: null,
});
const destination = crashingDestination(createResearchHub(delivery, { log: silentLog }), crash);
const state = crashingState(
  createState(database, { runsDays: 90, skipsDays: 14 }, { keeping: plainKeeping, log: silentLog, lease: quickLease }),
  crash,
);
await runSync(
  {
    sync: { ...usualSync, mode: order.mode },
    trigger: 'manual',
    full: false,
    force: false,
    limit: null,
    stop: newStop(),
    delivery,
    onProgress: () => undefined,
  },
  { state, source, destination, formats, log: silentLog },
);
destination.close();
await database.close();
