import type { PlanCounts, PlanPage, RunSession } from '../../core/ports/run-store.ts';
import type { Destination, Formats, Log, Source } from '../../core/ports/ports.ts';
import { projectOrThrow } from '../../core/model/projection.ts';
import type { Projection } from '../../core/model/projection.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { openSpool } from '../../lib/spool.ts';
import type { Spool } from '../../lib/spool.ts';
import { planRows } from './plan-rows.ts';
import type { PlanInput } from './plan-rows.ts';
import { stageRows } from './stage.ts';
import type { Staged } from './stage.ts';

/** What a run or a plan works with. */
export interface Deps {
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

export interface Preparation {
  readonly sync: SyncSettings;
  readonly session: RunSession;
  /** `null` for a plan that is only looked at. */
  readonly runId: string | null;
  readonly full: boolean;
  readonly signal: AbortSignal;
  onProgress(progress: Progress): void;
  onPage?(page: PlanPage): Promise<void>;
}

export interface Prepared {
  readonly projection: Projection;
  readonly counts: PlanCounts;
  /** People whom the snapshot knew before. */
  readonly snapshot: number;
}

/** Steps 1 to 4: reads, stages, plans and validates, and records the plan. */
export async function prepare(preparation: Preparation, deps: Deps): Promise<Prepared> {
  const spool = await openSpool();
  try {
    const { projection, staged } = await readModel(preparation, deps, spool);
    const { session, sync, runId, onPage } = preparation;
    const difference = await session.difference({
      staged: staged.staged,
      updateOnly: sync.mode === 'update',
      duplicates: sync.duplicates,
      full: preparation.full,
    });
    deps.log.info('difference found', { sync: sync.name, runId, ...difference });
    const recorder = await session.plan(runId);
    const input: PlanInput = {
      keeping: session.keeping,
      forgotten: await session.forgotten(),
      projection,
      formats: deps.formats,
      destination: deps.destination.fingerprint,
      staged,
      difference,
      spool,
      onRows: (done) => preparation.onProgress({ step: 'plan', done, total: difference.candidates }),
      onPage,
    };
    const counts = await undoneOnError(planRows(input, recorder), () => recorder.rollback());
    deps.log.info('plan recorded', { sync: sync.name, runId, ...counts });
    return { projection, counts, snapshot: difference.snapshot };
  } finally {
    await spool.close();
  }
}

/** Reads the whole model into stage and spool; the warehouse is let go before anything else happens. */
async function readModel(
  { sync, session, runId, signal, onProgress }: Preparation,
  deps: Deps,
  spool: Spool,
): Promise<{ readonly projection: Projection; readonly staged: Staged }> {
  const reader = await deps.source.open(sync.model, `panelsync:${sync.name}:${runId ?? 'plan'}`, signal);
  try {
    const projection = keptProjection(projectOrThrow(sync, reader.columns), session);
    const writer = await session.stage();
    const onRows = (done: number): void => onProgress({ step: 'read', done, total: null });
    const target = { projection, writer, spool, onRows };
    const staged = await undoneOnError(stageRows(reader.rows(projection.positions), target), () => writer.cancel());
    deps.log.info('model read', { sync: sync.name, runId, rows: staged.read, withoutKey: staged.keyless });
    return { projection, staged };
  } finally {
    await reader.close();
  }
}

/** Hashes of rows depend on how payloads are kept: under a hash key nobody else can make them. */
function keptProjection(projection: Projection, { keeping }: RunSession): Projection {
  return { ...projection, fingerprint: keeping.fingerprint(projection.fingerprint) };
}

async function undoneOnError<T>(work: Promise<T>, undo: () => Promise<void>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    await undo();
    throw error;
  }
}
