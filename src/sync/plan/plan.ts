/** Plans a run: stages the model, compares it with the snapshot, decides and validates what changed. */

import type { PayloadCodec } from '../../core/model/payload-codec.ts';
import { projectMappingOrThrow } from '../../core/model/projection.ts';
import { withSpan } from '../../core/tracing.ts';
import { withTemporarySpool } from '../../core/temporary-spool.ts';
import { plannedChanges } from '../../core/ports/run/plan-store.ts';
import type { PlanCounts, PlanPage, StageWriter } from '../../core/ports/run/plan-store.ts';
import type { Projection } from '../../core/model/projection.ts';
import type { ReasonCount } from '../../core/model/terms.ts';
import type { ModelReader } from '../../core/ports/source.ts';
import { withSmallHeap } from '../../lib/heap-growth.ts';
import type { Spool } from '../../lib/spool.ts';
import type { NewFingerprints } from '../../core/ports/run/fingerprint-store.ts';
import { keptNotes, missNotes, omittedNotes } from '../notes.ts';
import type { PlanContext } from '../run-context.ts';
import { planRows } from './plan-rows.ts';
import type { PlanRowsOptions } from './plan-rows.ts';
import { comparedBuckets, newFingerprints, openBuckets } from './run-buckets.ts';
import type { RunBuckets } from './run-buckets.ts';
import { stageRows } from './stage/stage.ts';
import type { StageResult, StageTarget } from './stage/stage.ts';
import { stageFromWarehouse } from './stage/stage-warehouse.ts';

export interface PlanOptions {
  /** As if the snapshot were empty. */
  readonly full: boolean;
  /** Sees every page before it is recorded. */
  readonly onPage?: (page: PlanPage, projection: Projection) => Promise<void>;
}

export interface Plan {
  readonly projection: Projection;
  readonly counts: PlanCounts;
  /** People in the snapshot before. */
  readonly snapshotSize: number;
  readonly notes: readonly string[];
  /** Why rows are not sent that the mode would send, most frequent first. */
  readonly reasons: readonly ReasonCount[];
  /** What the next run is to compare with, once this one has ended. */
  readonly fingerprints?: NewFingerprints;
}

/** Steps 1 to 4: reads, stages, plans and validates, and records the plan. */
export async function buildPlan(context: PlanContext, options: PlanOptions): Promise<Plan> {
  const { sync, runId } = context;
  const attributes = { sync: sync.name, ...(runId === null ? {} : { run_id: runId }) };
  return withTemporarySpool(async (spool) => {
    const model = await withSpan('read', attributes, async (span) => {
      const staged = await readModel(context, { full: options.full, spool });
      const { read, equal } = staged.stageResult;
      span.set({ 'rows.read': read, 'rows.equal': equal.rows });
      return staged;
    });
    return withSpan('plan', attributes, async (span) => {
      const plan = await planModel(context, model, { ...options, spool });
      span.set({ 'rows.changed': plannedChanges(plan.counts), 'rows.invalid': plan.counts.invalid });
      return plan;
    });
  });
}

/** Compares what was staged with the snapshot, and records what to do. */
async function planModel(
  context: PlanContext,
  { projection, stageResult, buckets }: StagedModel,
  { full, onPage, spool }: PlanOptions & { readonly spool: Spool },
): Promise<Plan> {
  const { sync, runId, stores, codec, log } = context;
  const compared = comparedBuckets(sync, stageResult, buckets);
  const difference = await stores.plans.difference({
    staged: stageResult.staged,
    updateOnly: sync.mode === 'update',
    duplicates: sync.duplicates,
    full,
    ...compared,
  });
  const { buckets: _, ...counted } = difference;
  log.info('difference found', { sync: sync.name, runId, ...counted });
  const recorder = await stores.plans.open(runId);
  const planRowsOptions: PlanRowsOptions = {
    codec,
    forgotten: await stores.suppressions.forgotten(),
    projection,
    formats: context.formats,
    destination: context.destination.fingerprint,
    stageResult,
    difference,
    spool,
    buckets: buckets?.comparison ?? null,
    onRows: (done) => context.onProgress({ step: 'plan', done, total: difference.candidates }),
    payloads: (keys) => stores.plans.payloads(keys),
    onPage: onPage === undefined ? undefined : (page) => onPage(page, projection),
  };
  const planned = withSmallHeap(difference.candidates, () => planRows(planRowsOptions, recorder));
  const { counts, keptPeople, omitted, reasons } = await rollBackOnError(planned, () => recorder.rollback());
  log.info('plan recorded', { sync: sync.name, runId, ...counts });
  const notes = [...missNotes(sync.mode, counts), ...keptNotes(keptPeople), ...omittedNotes(omitted)];
  const plan = { projection, counts, snapshotSize: difference.snapshot, notes, reasons };
  return { ...plan, ...newFingerprints(buckets, stageResult, difference) };
}

interface StagedModel {
  readonly projection: Projection;
  readonly stageResult: StageResult;
  readonly buckets: RunBuckets | null;
}

/** Reads the whole model into stage and spool; the warehouse is let go before anything else happens. */
async function readModel(
  context: PlanContext,
  { full, spool }: { readonly full: boolean; readonly spool: Spool },
): Promise<StagedModel> {
  const { sync, runId, source, stores, codec, shutdown, log, work, onProgress } = context;
  const reader = await source.open(sync.model, `panelsync:${sync.name}:${runId ?? 'plan'}`, shutdown.drain);
  try {
    const projection = withCodecFingerprint(projectMappingOrThrow(sync, reader.columns), codec);
    const buckets = await openBuckets(context, { reader, projection, full });
    const writer = await stores.plans.stage();
    const onRows = (done: number): void => onProgress({ step: 'read', done, total: null });
    const target = { projection, writer, spool, work, onRows };
    const filling = fillStage(context, stageModel(reader, target, buckets), writer);
    const stageResult = await rollBackOnError(filling, () => writer.cancel());
    work.readWhole(projection);
    const { read, invalidKeys, equal } = stageResult;
    const counts = { rows: read, withoutKey: invalidKeys, equalBuckets: equal.buckets, equalRows: equal.rows };
    log.info('model read', { sync: sync.name, runId, ...counts });
    return { projection, stageResult, buckets };
  } finally {
    await reader.close();
  }
}

async function fillStage(
  { runId, destination }: PlanContext,
  staging: Promise<StageResult>,
  writer: StageWriter,
): Promise<StageResult> {
  const stageResult = await staging;
  const finishing = writer.finish();
  // While the database works on the last rows.
  if (runId !== null && stageResult.staged > 0) destination.prepare();
  await finishing;
  return stageResult;
}

function stageModel(
  reader: ModelReader,
  target: Omit<StageTarget, 'buckets'>,
  buckets: RunBuckets | null,
): Promise<StageResult> {
  const comparison = buckets?.comparison ?? null;
  if (comparison !== null && buckets?.warehouse != null)
    return stageFromWarehouse(buckets.warehouse, { ...target, buckets: comparison });
  const { positions, freshness } = target.projection;
  const read = freshness === null ? positions : [...positions, freshness.position];
  return stageRows(reader.rows(read), { ...target, buckets: comparison });
}

/** Hashes of rows depend on how payloads are stored: under a hash key nobody else can make them. */
function withCodecFingerprint(projection: Projection, codec: PayloadCodec): Projection {
  return { ...projection, fingerprint: codec.fingerprint(projection.fingerprint) };
}

async function rollBackOnError<T>(work: Promise<T>, rollback: () => Promise<void>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    await rollback();
    throw error;
  }
}
