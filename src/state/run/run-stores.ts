import type { ForgottenPeople } from '../../core/model/forgotten-people.ts';
import type { PayloadCodec } from '../../core/model/payload-codec.ts';
import type { ComparedBuckets, PlanStore } from '../../core/ports/run/plan-store.ts';
import type { RunStores } from '../../core/ports/run/run-session.ts';
import type { RunOutcome, RunStore } from '../../core/ports/run/run-store.ts';
import type { RunReport } from '../../core/model/terms.ts';
import type { RetentionSettings, SyncSettings } from '../../core/settings.ts';
import type { Database } from '../db/database.ts';
import type { StateClient } from '../db/state-client.ts';
import { openCharacteristics } from '../tables/characteristics-checks.ts';
import { openFingerprints } from '../tables/fingerprints.ts';
import { loadForgotten } from '../tables/forgotten.ts';
import { beginRun, findTurns, finishRun, recomputeCounts, recordPlanOnly } from './record-runs.ts';
import { leaveFormerHub } from '../trust/hub-of-snapshot.ts';
import { markingLedger, trustAgain } from '../trust/lost-state.ts';
import type { TrustContext } from '../trust/trust-context.ts';
import { abortableLedger } from './abortable-ledger.ts';
import { computeDifference, unknownKeys } from './difference.ts';
import { openLedger } from './ledger.ts';
import { openPlan } from './plan.ts';
import { prune } from './retention.ts';
import { openSavedPlans } from './saved-plans.ts';
import { openStage } from './stage.ts';
import { resolveBatch, suppressUnknown, unknownBatches } from './unknown-outcomes.ts';

/** What the stores of one session have in common. */
export interface StoreContext extends TrustContext {
  /** Holds the stage, the difference and the plan while it is written. */
  readonly client: StateClient;
  readonly sync: SyncSettings;
  readonly codec: PayloadCodec;
  readonly retention: RetentionSettings;
  configurationOf(sync: SyncSettings): string;
  readonly lost: AbortController;
  /** The run that this session began, the line that the last resync drew, and how many bytes were copied so far. */
  readonly progress: { currentRunId: string | null; resyncBefore: number; bytesCopied: number };
}

export function openStores(context: StoreContext): RunStores {
  const { database, client, syncId, hubAddress, codec, lost, progress } = context;
  const ledgerScope = (runId: string) => ({ syncId, hubAddress, runId, codec, onFenceLost: () => lost.abort() });
  return {
    runs: runStore(context),
    plans: planStore(context),
    ledger: (runId) => {
      const ledger = openLedger(database, { ...ledgerScope(runId), sendingRunId: progress.currentRunId ?? runId });
      return abortableLedger(markingLedger(ledger, { ...context, runId }), lost.signal);
    },
    unknownOutcomes: {
      list: () => unknownBatches(database, syncId),
      resolve: (batch, resolution) => {
        const scope = { ...ledgerScope(batch.runId), sendingRunId: progress.currentRunId };
        return resolveBatch(database, scope, { batch, resolution });
      },
    },
    suppressions: {
      forgotten: () => forgotten(context),
      suppressUnknown: () => suppressUnknown(database, syncId),
    },
    characteristics: openCharacteristics(database, syncId),
    savedPlans: openSavedPlans(client, { database, syncId, codec }),
  };
}

function forgotten({ database, syncId, sync, codec }: StoreContext): Promise<ForgottenPeople | null> {
  return loadForgotten(database, { id: syncId, settings: sync }, codec);
}

function runStore(context: StoreContext): RunStore {
  const { database, syncId, sync, progress } = context;
  return {
    begin: async ({ full, ...run }) => {
      const configuration = context.configurationOf(sync);
      const runId = await beginRun(database, syncId, { ...run, sync, configuration });
      progress.currentRunId = runId;
      if (full) {
        progress.resyncBefore = Number(runId);
        // Later runs send everybody, too, if this one does not come to its plan.
        await database.query({
          text: `update syncs set resync_before = $2, fingerprint_generation = fingerprint_generation + 1, ${trustAgain}
                 where id = $1`,
          values: [syncId, runId],
        });
      }
      await database.transaction((pooled) => leaveFormerHub(pooled, context));
      return runId;
    },
    finish: (runId, outcome) => finishAndPrune(context, runId, outcome),
    recordPlanOnly: (run) => recordPlanOnly(database, syncId, { sync, run, bytesToState: progress.bytesCopied }),
    recomputeCounts: (runId) => recomputeCounts(database, runId),
    findTurns: (runId) => findTurns(database, syncId, runId),
    isContractVerified: (destination) => isContractVerified(database, destination),
  };
}

async function finishAndPrune(
  { database, syncId, retention, progress }: StoreContext,
  runId: string,
  outcome: RunOutcome,
): Promise<RunReport> {
  const report = await finishRun(database, runId, { ...outcome, bytesToState: progress.bytesCopied });
  await prune(database, syncId, retention);
  return report;
}

async function isContractVerified(database: Database, destination: string): Promise<boolean> {
  const rows = await database.query({
    text: `select from runs where destination = $1 and trigger <> 'plan' and inserted + updated + marked + restored > 0
           limit 1`,
    values: [destination],
  });
  return rows.length > 0;
}

/** With this in the place of a run's id, everything in the snapshot is older. */
const beyondAllRuns = Number.MAX_SAFE_INTEGER;

function planStore(context: StoreContext): PlanStore {
  const { database, client, syncId, sync, codec, progress } = context;
  let compared: { readonly buckets: ComparedBuckets | undefined; readonly resyncBefore: number } = {
    buckets: undefined,
    resyncBefore: progress.resyncBefore,
  };
  let known: number | null = null;
  const onBytes = (bytes: number): void => void (progress.bytesCopied += bytes);
  return {
    stage: () => {
      known = null;
      return openStage(client, { syncId, onBytes, onKnown: (people) => (known = people) });
    },
    difference: async (options) => {
      const resyncBefore = options.full ? beyondAllRuns : progress.resyncBefore;
      compared = { buckets: options.buckets, resyncBefore };
      const comparedSync = { id: syncId, resyncBefore, known, forgotten: await forgotten(context) };
      return computeDifference(client, comparedSync, options);
    },
    unknownKeys: (limit) => unknownKeys(client, limit),
    payloads: (keys) => readPayloads(database, syncId, keys),
    open: (runId) => openPlan(client, { id: syncId, settings: sync, codec }, { runId, ...compared, onBytes }),
    fingerprints: openFingerprints(database, syncId),
  };
}

async function readPayloads(
  database: Database,
  syncId: number,
  keys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await database.query<{ key: string; payload: string }>({
    text: 'select key, payload::text as payload from snapshot_fields where sync_id = $1 and key = any($2::text[])',
    values: [syncId, keys],
  });
  return new Map(rows.map(({ key, payload }) => [key, payload]));
}
