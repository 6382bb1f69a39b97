import type { PanelsyncError } from '../core/errors.ts';
import { asPanelsyncError } from '../core/errors.ts';
import type { RunEnd, RunSession, State } from '../core/ports/run-store.ts';
import type { Stop } from '../core/ports/ports.ts';
import type { SyncSettings } from '../core/settings.ts';
import type { RunReport, Trigger } from '../core/model/terms.ts';
import { batchesOf } from './deliver/batches.ts';
import { deliver } from './deliver/deliver.ts';
import type { DeliveryEnd, Fragment } from './deliver/deliver.ts';
import { requireCharacteristics } from './deliver/characteristics-check.ts';
import { brokenGuard } from './plan/guards.ts';
import { hubProjection } from './model-projection.ts';
import { heldBackNote, missNote } from './notes.ts';
import { prepare } from './plan/plan.ts';
import type { Deps, Prepared, Progress } from './plan/plan.ts';
import { resolveEarlier, resolveOwn } from './recover/recover.ts';
import type { OwnResolved } from './recover/recover.ts';
import { deliveryInput } from './deliver/send-context.ts';
import type { Sending } from './deliver/send-context.ts';
import { stopWithSession } from './shutdown-signals.ts';

export interface RunRequest {
  readonly sync: SyncSettings;
  readonly trigger: Exclude<Trigger, 'plan'>;
  readonly full: boolean;
  /** Passes the guards. */
  readonly force: boolean;
  /** Most changes to send; `null`: all. */
  readonly limit: number | null;
  /** Without one, whatever is planned is sent. */
  readonly approval?: Approval;
  readonly stop: Stop;
  readonly delivery: Sending['delivery'];
  /** What the report is to tell beside what the run itself finds. */
  readonly notes?: readonly string[];
  onProgress(progress: Progress): void;
  /** The run is on record. */
  onBegun?(runId: string): void;
}

/** Lets a run send one plan only: the error that either step gives stops it, and nothing is sent. */
export interface Approval {
  /** Before anything of earlier runs is sent again. */
  before(session: RunSession): Promise<PanelsyncError | null>;
  /** When the plan is on record and has passed the guards. */
  after(session: RunSession, runId: string, prepared: Prepared): Promise<PanelsyncError | null>;
  /** For the report of a run that it let pass. */
  readonly note: string;
}

export interface RunDeps extends Deps {
  readonly state: State;
}

/** A run as its steps see it. */
interface Run {
  readonly id: string;
  readonly session: RunSession;
  readonly request: RunRequest;
  readonly deps: RunDeps;
  readonly stop: Stop;
  readSoFar: number;
}

/**
 * One run of one sync, from the model to the report. What ends it early is on record and in the report; only what
 * cannot be recorded (no lock, no state database) is thrown.
 */
export async function runSync(request: RunRequest, deps: RunDeps): Promise<RunReport> {
  const { sync, trigger, stop } = request;
  const session = await deps.state.openSession(sync, { lock: true });
  try {
    // A plan that may turn out not to be approved of says nothing about later runs.
    const full = request.full && request.approval === undefined;
    const id = await session.begin({ trigger, destination: deps.destination.fingerprint, full });
    deps.log.info('run started', { sync: sync.name, runId: id, mode: sync.mode, trigger });
    request.onBegun?.(id);
    const run: Run = { id, session, request, deps, stop: stopWithSession(stop, session), readSoFar: 0 };
    const end = await carryOut(run).catch((error: unknown) => failed(run, error));
    if (session.lost.aborted) throw await session.whyLost();
    const report = await session.finish(id, end);
    deps.log.info('run finished', { ...report });
    return report;
  } finally {
    await session.close();
  }
}

async function carryOut(run: Run): Promise<RunEnd> {
  const { request, session, stop } = run;
  const { sync, approval } = request;
  const early = (await approval?.before(session)) ?? null;
  if (early !== null) return endedBy(run, 'stopped', { error: early, notes: [] });
  const withheld = await resolveEarlier(sendingOf(run, () => hubProjection(sync, run.deps.source, stop.drain)));
  const prepared = await prepare(
    {
      sync,
      session,
      runId: run.id,
      full: request.full,
      signal: stop.drain,
      onProgress: (progress) => {
        if (progress.step === 'read') run.readSoFar = progress.done;
        request.onProgress(progress);
      },
    },
    run.deps,
  );
  const missed = missNote(sync.mode, prepared.counts);
  const broken = request.force ? null : brokenGuard(sync.guards, prepared.counts, prepared.snapshot);
  const refused = broken ?? (await approval?.after(session, run.id, prepared)) ?? null;
  if (refused !== null) return endedBy(run, 'stopped', { error: refused, notes: [...withheld, ...missed] });
  const approved = approval === undefined ? [] : [approval.note];
  const checked = await checkCharacteristics(run, prepared);
  const sent = await sendPlanned(run, prepared);
  if (sent.end.refused) await session.characteristics.forget();
  return concluded(run, sent.end, [...approved, ...(sent.withheld ?? withheld), ...missed, ...checked]);
}

/** A run without changes asks the Hub nothing. */
async function checkCharacteristics(run: Run, { counts, projection }: Prepared): Promise<readonly string[]> {
  if (counts.inserts + counts.updates === 0) return [];
  return requireCharacteristics(sendingOf(run, async () => projection));
}

async function sendPlanned(run: Run, { counts, projection }: Prepared): Promise<OwnResolved> {
  const { request, session } = run;
  const ledger = session.ledger(run.id);
  const total = Math.min(counts.inserts + counts.updates, request.limit ?? Number.POSITIVE_INFINITY);
  let done = 0;
  request.onProgress({ step: 'send', done, total });
  const fragments = async function* (): AsyncGenerator<Fragment> {
    for await (const rows of batchesOf(ledger, request.delivery.batchSize, total)) yield { rows, parent: null };
  };
  const onSettled = (rows: number): void => {
    done += rows;
    request.onProgress({ step: 'send', done, total });
  };
  const sending = sendingOf(run, async () => projection);
  const input = { ...(await deliveryInput(sending)), ledger, onSettled };
  return resolveOwn(sending, await deliver({ ...input, fragments: fragments() }), input);
}

function sendingOf({ id, session, request, deps, stop }: Run, projection: Sending['projection']): Sending {
  const { destination, formats, log } = deps;
  const { sync, delivery, onProgress } = request;
  return { runId: id, sync, session, destination, formats, projection, log, stop, delivery, onProgress };
}

function concluded(run: Run, end: DeliveryEnd, notes: readonly string[]): RunEnd {
  const all = end.heldBack > 0 ? [...notes, heldBackNote(end.heldBack)] : notes;
  if (end.error !== null) return endedBy(run, 'failed', { error: end.error, notes: all });
  const canceled = !end.complete && run.stop.drain.aborted;
  const complete = end.heldBack + end.doubted > 0 ? 'partial' : 'complete';
  return ended(run, canceled ? 'canceled' : complete, { error: null, notes: all });
}

function failed(run: Run, thrown: unknown): RunEnd {
  if (run.stop.drain.aborted) return ended(run, 'canceled', { error: null, notes: [] });
  return endedBy(run, 'failed', { error: asPanelsyncError(thrown), notes: [] });
}

function endedBy(
  run: Run,
  status: 'failed' | 'stopped',
  why: { readonly error: PanelsyncError; readonly notes: readonly string[] },
): RunEnd {
  const { code, message, hint } = why.error;
  const { deps, request, id } = run;
  const told = { sync: request.sync.name, runId: id, code, reason: message, hint, cause: causeName(why.error) };
  deps.log[status === 'failed' ? 'error' : 'warn'](`run ${status}`, told);
  return ended(run, status, why);
}

function ended(
  run: Run,
  status: RunEnd['status'],
  { error, notes }: { readonly error: PanelsyncError | null; readonly notes: readonly string[] },
): RunEnd {
  const told = error === null ? null : { code: error.code, message: error.message, hint: error.hint };
  return { status, error: told, notes: [...(run.request.notes ?? []), ...notes], readSoFar: run.readSoFar };
}

function causeName({ cause }: PanelsyncError): string | null {
  return cause instanceof Error ? cause.name : null;
}
