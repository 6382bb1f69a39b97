import { toPanelsyncError } from '../../../src/core/errors.ts';
import { createResearchHub } from '../../../src/destination/research-hub.ts';
import { formats } from '../../../src/core/formats.ts';
import { createPostgresSource } from '../../../src/source/postgres/postgres.ts';
import { openDatabase } from '../../../src/state/db/database.ts';
import type { LeaseTimes } from '../../../src/state/lease/lock.ts';
import { createState } from '../../../src/state/state.ts';
import { approvePlan } from '../../../src/sync/approve/approve-plan.ts';
import type { RunStart } from '../../../src/sync/record-run.ts';
import type { RunDeps } from '../../../src/sync/run-context.ts';
import { runSync } from '../../../src/sync/run-sync.ts';
import type { SyncSettings } from '../../../src/core/settings.ts';
import type { Mode, RunReport } from '../../../src/core/model/terms.ts';
import { crashOnce, crashingDestination, crashingLog, crashingState } from './crash-points.ts';
import type { CrashPoint } from './crash-points.ts';
import { keyedCodec, plainCodec } from '../fixtures/payload-codecs.ts';
import { defaultSync } from '../fixtures/default-sync.ts';
import { quickLease, defaultStateOptions } from '../panel/state-options.ts';
import { silentLog } from '../postgres/postgres.ts';
import { newShutdownSignals, destinationSettings } from '../hub/scripted-hub.ts';

/** What the parent asks of this process: one run that dies, or is frozen, on its way. */
export interface CrashRunOptions {
  readonly url: string;
  readonly hub: string;
  readonly mode: Mode;
  /** `null`: the parent kills it. */
  readonly point: CrashPoint | null;
  readonly freeze?: boolean;
  readonly lease?: LeaseTimes;
  readonly requestsPerMinute?: number;
  readonly batchSize?: number;
  /** The stopped run whose plan it sends. */
  readonly approves?: string;
  /** What differs from the usual one. */
  readonly sync?: Partial<SyncSettings>;
  /** Whether people may be forgotten. */
  readonly withHashKey?: boolean;
}

/** How the run ended, as the parent hears of it. */
export interface CrashRunResult {
  /** The status of the run, or the code of the error that it threw. */
  readonly result: string;
}

const options = JSON.parse(process.argv[2] ?? '') as CrashRunOptions;
const { point, freeze = false, lease = quickLease, requestsPerMinute = 1_000_000, batchSize = 100 } = options;
const codec = options.withHashKey === true ? keyedCodec : plainCodec;
const onCrashPoint = point === null ? () => undefined : crashOnce(point, freeze ? 'SIGSTOP' : 'SIGKILL');
// One sender, so that just one batch is in flight when the run dies.
const delivery = destinationSettings(options.hub, { concurrency: 1, requestsPerMinute, batchSize });
const database = openDatabase(options.url, 'panelsync');
const source = createPostgresSource({
  name: defaultSync.source,
  type: 'postgres',
  url: options.url,
  statementTimeoutMs: 60_000,
  connectTimeoutMs: 10_000,
  tls: null,
});
const hub = createResearchHub(delivery, { log: crashingLog(silentLog, onCrashPoint), random: () => 0 });
const destination = crashingDestination(hub, onCrashPoint);
const state = crashingState(
  createState(
    database,
    { runsDays: 90, skipsDays: 14 },
    { ...defaultStateOptions(database, options.hub), codec, lease },
  ),
  onCrashPoint,
);
const start: Omit<RunStart, 'trigger'> = {
  sync: { ...defaultSync, ...options.sync, mode: options.mode },
  shutdown: newShutdownSignals(),
  delivery,
  onProgress: () => undefined,
};
const deps: RunDeps = { state, source, destination, formats, log: silentLog };
const result = await run().then(
  ({ status }) => status,
  (error: unknown) => toPanelsyncError(error).code,
);

function run(): Promise<RunReport> {
  const { approves } = options;
  if (approves === undefined)
    return runSync({ ...start, trigger: 'manual', full: false, force: false, limit: null }, deps);
  const approval = { runId: approves, by: 'tester', reason: null };
  return approvePlan({ ...start, trigger: 'manual', approval }, deps).then(({ report }) => report);
}
process.send?.({ result } satisfies CrashRunResult);
process.disconnect?.();
destination.close();
await database.close();
