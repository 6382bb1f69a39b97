import type { PlanCounts, PlanPage, RunSession } from '../../core/ports/run/run-store.ts';
import type { Destination, Formats, Log, Source } from '../../core/ports/destination.ts';
import { projectMappingOrThrow } from '../../core/model/projection.ts';
import type { Projection } from '../../core/model/projection.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { openSpool } from '../../lib/spool.ts';
import type { Spool } from '../../lib/spool.ts';
import { planRows } from './plan-rows.ts';
import type { PlanRowsOptions } from './plan-rows.ts';
import { stageRows } from './stage.ts';
import type { StageResult } from './stage.ts';

/** What a run or a plan works with. */
export interface SyncDeps {
  readonly source: Source;
  readonly destination: Destination;
  readonly formats: Formats;
  readonly log: Log;
}

/** How far a step is; `total` is null while nobody can know. */
export interface Progress {
  readonly step: 'look' | 'read' | 'plan' | 'send';
  readonly done: number;
  readonly total: number | null;
}

export interface PlanOptions {
  readonly sync: SyncSettings;
  readonly session: RunSession;
  /** `null` for a plan that is only looked at. */
  readonly runId: string | null;
  readonly full: boolean;
  readonly signal: AbortSignal;
  onProgress(progress: Progress): void;
  onPage?(page: PlanPage): Promise<void>;
}

export interface Plan {
  readonly projection: Projection;
  readonly counts: PlanCounts;
  /** People whom the snapshot knew before. */
  readonly snapshotSize: number;
}

/** Steps 1 to 4: reads, stages, plans and validates, and records the plan. */
export async function buildPlan(options: PlanOptions, deps: SyncDeps): Promise<Plan> {
  const spool = await openSpool();
  try {
    const { projection, stageResult } = await readModel(options, deps, spool);
    const { session, sync, runId, onPage } = options;
    const difference = await session.difference({
      staged: stageResult.staged,
      updateOnly: sync.mode === 'update',
      duplicates: sync.duplicates,
      full: options.full,
    });
    deps.log.info('difference found', { sync: sync.name, runId, ...difference });
    const recorder = await session.plan(runId);
    const planRowsOptions: PlanRowsOptions = {
      codec: session.codec,
      forgotten: await session.forgotten(),
      projection,
      formats: deps.formats,
      destination: deps.destination.fingerprint,
      stageResult,
      difference,
      spool,
      onRows: (done) => options.onProgress({ step: 'plan', done, total: difference.candidates }),
      onPage,
    };
    const counts = await rollBackOnError(planRows(planRowsOptions, recorder), () => recorder.rollback());
    deps.log.info('plan recorded', { sync: sync.name, runId, ...counts });
    return { projection, counts, snapshotSize: difference.snapshot };
  } finally {
    await spool.close();
  }
}

/** Reads the whole model into stage and spool; the warehouse is let go before anything else happens. */
async function readModel(
  { sync, session, runId, signal, onProgress }: PlanOptions,
  deps: SyncDeps,
  spool: Spool,
): Promise<{ readonly projection: Projection; readonly stageResult: StageResult }> {
  const reader = await deps.source.open(sync.model, `panelsync:${sync.name}:${runId ?? 'plan'}`, signal);
  try {
    const projection = withCodecFingerprint(projectMappingOrThrow(sync, reader.columns), session);
    const writer = await session.stage();
    const onRows = (done: number): void => onProgress({ step: 'read', done, total: null });
    const target = { projection, writer, spool, onRows };
    const stageResult = await rollBackOnError(stageRows(reader.rows(projection.positions), target), () =>
      writer.cancel(),
    );
    deps.log.info('model read', {
      sync: sync.name,
      runId,
      rows: stageResult.read,
      withoutKey: stageResult.invalidKeys,
    });
    return { projection, stageResult };
  } finally {
    await reader.close();
  }
}

/** Hashes of rows depend on how payloads are kept: under a hash key nobody else can make them. */
function withCodecFingerprint(projection: Projection, { codec }: RunSession): Projection {
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
