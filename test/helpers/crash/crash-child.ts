import { asPanelsyncError } from '../../../src/core/errors.ts';
import { createResearchHub } from '../../../src/destination/research-hub.ts';
import { formats } from '../../../src/core/formats.ts';
import { createPostgresSource } from '../../../src/source/postgres/postgres.ts';
import { openDatabase } from '../../../src/state/db/database.ts';
import type { LeaseTimes } from '../../../src/state/lease/lock.ts';
import { createState } from '../../../src/state/state.ts';
import { runSync } from '../../../src/sync/run-sync.ts';
import type { Mode } from '../../../src/core/model/terms.ts';
import { crasher, crashingDestination, crashingLog, crashingState } from './crash-points.ts';
import type { CrashPoint } from './crash-points.ts';
import { keyedKeeping, plainKeeping } from '../fixtures/payload-codecs.ts';
import { quickLease, usualSync } from '../panel/panel.ts';
import { silentLog } from '../postgres/postgres.ts';
import { newStop, settingsFor } from '../hub/scripted-hub.ts';

/** What the parent asks of this process: one run that dies, or is frozen, on its way. */
export interface CrashOrder {
  readonly url: string;
  readonly hub: string;
  readonly mode: Mode;
  /** `null`: the parent kills it. */
  readonly point: CrashPoint | null;
  readonly freeze?: boolean;
  readonly lease?: LeaseTimes;
  readonly requestsPerMinute?: number;
  readonly batchSize?: number;
  /** Whether people may be forgotten. */
  readonly keyed?: boolean;
}

/** How the run ended, as the parent hears of it. */
export interface CrashChildEnd {
  /** The status of the run, or the code of the error that it threw. */
  readonly end: string;
}

const order = JSON.parse(process.argv[2] ?? '') as CrashOrder;
const { point, freeze = false, lease = quickLease, requestsPerMinute = 1_000_000, batchSize = 100 } = order;
const keeping = order.keyed === true ? keyedKeeping : plainKeeping;
const crash = point === null ? () => undefined : crasher(point, freeze ? 'SIGSTOP' : 'SIGKILL');
// One sender, so that just one batch is in flight when the run dies.
const delivery = settingsFor(order.hub, { concurrency: 1, requestsPerMinute, batchSize });
const database = openDatabase(order.url, 'panelsync');
const source = createPostgresSource({
  name: usualSync.source,
  type: 'postgres',
  url: order.url,
  statementTimeoutMs: 60_000,
  connectTimeoutMs: 10_000,
  tls: null,
});
const hub = createResearchHub(delivery, { log: crashingLog(silentLog, crash), random: () => 0 });
const destination = crashingDestination(hub, crash);
const state = crashingState(
  createState(database, { runsDays: 90, skipsDays: 14 }, { keeping, log: silentLog, lease }),
  crash,
);
const end = await runSync(
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
).then(
  ({ status }) => status,
  (error: unknown) => asPanelsyncError(error).code,
);
process.send?.({ end } satisfies CrashChildEnd);
process.disconnect?.();
destination.close();
await database.close();
