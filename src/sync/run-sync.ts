import type { PanelsyncError } from '../core/errors.ts';
import { toPanelsyncError } from '../core/errors.ts';
import type { RunOutcome, RunSession, State } from '../core/ports/run/run-store.ts';
import type { ShutdownSignals } from '../core/ports/destination.ts';
import type { SyncSettings } from '../core/settings.ts';
import type { RunReport, Trigger } from '../core/model/terms.ts';
import { batchesOf } from './deliver/batches.ts';
import { deliver } from './deliver/deliver.ts';
import type { DeliveryResult, Fragment } from './deliver/deliver.ts';
import { requireCharacteristics } from './deliver/characteristics-check.ts';
import { violatedGuard } from './plan/guards.ts';
import { readProjection } from './model-projection.ts';
import { deferredNote, missNotes } from './notes.ts';
import { buildPlan } from './plan/plan.ts';
import type { SyncDeps, Plan, Progress } from './plan/plan.ts';
import { resolveEarlierBatches, resolveOwnBatches } from './recover/recover.ts';
import type { RecoveryResult } from './recover/recover.ts';
import { batchSenderOptions } from './deliver/send-context.ts';
import type { SendContext } from './deliver/send-context.ts';
import { shutdownWithSession } from './shutdown-signals.ts';

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
  readonly shutdown: ShutdownSignals;
  readonly delivery: SendContext['delivery'];
  /** What the report is to tell beside what the run itself finds. */
  readonly notes?: readonly string[];
  onProgress(progress: Progress): void;
  /** The run is on record. */
  onStarted?(runId: string): void;
}

/** Lets a run send one plan only: the error that either step gives stops it, and nothing is sent. */
export interface Approval {
  /** Before anything of earlier runs is sent again. */
  precheck(session: RunSession): Promise<PanelsyncError | null>;
  /** When the plan is on record and has passed the guards. */
  checkPlan(session: RunSession, runId: string, plan: Plan): Promise<PanelsyncError | null>;
  /** For the report of a run that it let pass. */
  readonly note: string;
}

export interface RunDeps extends SyncDeps {
  readonly state: State;
}

/** A run as its steps see it. */
interface RunContext {
  readonly id: string;
  readonly session: RunSession;
  readonly request: RunRequest;
  readonly deps: RunDeps;
  readonly shutdown: ShutdownSignals;
  rowsRead: number;
}

/**
 * One run of one sync, from the model to the report. What ends it early is on record and in the report; only what
 * cannot be recorded (no lock, no state database) is thrown.
 */
export async function runSync(request: RunRequest, deps: RunDeps): Promise<RunReport> {
  const { sync, trigger, shutdown } = request;
  const session = await deps.state.openSession(sync, { lock: true });
  try {
    // A plan that may turn out not to be approved of says nothing about later runs.
    const full = request.full && request.approval === undefined;
    const id = await session.begin({ trigger, destination: deps.destination.fingerprint, full });
    deps.log.info('run started', { sync: sync.name, runId: id, mode: sync.mode, trigger });
    request.onStarted?.(id);
    const run: RunContext = {
      id,
      session,
      request,
      deps,
      shutdown: shutdownWithSession(shutdown, session),
      rowsRead: 0,
    };
    const outcome = await execute(run).catch((error: unknown) => endAfterError(run, error));
    if (session.lost.aborted) throw await session.lostError();
    const report = await session.finish(id, outcome);
    deps.log.info('run finished', { ...report });
    return report;
  } finally {
    await session.close();
  }
}

async function execute(run: RunContext): Promise<RunOutcome> {
  const { request, session, shutdown } = run;
  const { sync, approval } = request;
  const precheckError = (await approval?.precheck(session)) ?? null;
  if (precheckError !== null) return endWithError(run, 'stopped', { error: precheckError, notes: [] });
  const suppressionNotes = await resolveEarlierBatches(
    sendContextOf(run, () => readProjection(sync, run.deps.source, shutdown.drain)),
  );
  const plan = await buildPlan(
    {
      sync,
      session,
      runId: run.id,
      full: request.full,
      signal: shutdown.drain,
      onProgress: (progress) => {
        if (progress.step === 'read') run.rowsRead = progress.done;
        request.onProgress(progress);
      },
    },
    run.deps,
  );
  const missed = missNotes(sync.mode, plan.counts);
  const guardError = request.force ? null : violatedGuard(sync.guards, plan.counts, plan.snapshotSize);
  const stopError = guardError ?? (await approval?.checkPlan(session, run.id, plan)) ?? null;
  if (stopError !== null)
    return endWithError(run, 'stopped', { error: stopError, notes: [...suppressionNotes, ...missed] });
  const approvalNotes = approval === undefined ? [] : [approval.note];
  const characteristicNotes = await checkCharacteristics(run, plan);
  const recovered = await sendChanges(run, plan);
  if (recovered.result.hasRefusals) await session.characteristics.forget();
  return concludeRun(run, recovered.result, [
    ...approvalNotes,
    ...(recovered.suppressionNotes ?? suppressionNotes),
    ...missed,
    ...characteristicNotes,
  ]);
}

/** A run without changes asks the Hub nothing. */
async function checkCharacteristics(run: RunContext, { counts, projection }: Plan): Promise<readonly string[]> {
  if (counts.inserts + counts.updates === 0) return [];
  return requireCharacteristics(sendContextOf(run, async () => projection));
}

async function sendChanges(run: RunContext, { counts, projection }: Plan): Promise<RecoveryResult> {
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
  const context = sendContextOf(run, async () => projection);
  const options = { ...(await batchSenderOptions(context)), ledger, onSettled };
  return resolveOwnBatches(context, await deliver({ ...options, fragments: fragments() }), options);
}

function sendContextOf(
  { id, session, request, deps, shutdown }: RunContext,
  projection: SendContext['projection'],
): SendContext {
  const { destination, formats, log } = deps;
  const { sync, delivery, onProgress } = request;
  return { runId: id, sync, session, destination, formats, projection, log, shutdown, delivery, onProgress };
}

function concludeRun(run: RunContext, result: DeliveryResult, notes: readonly string[]): RunOutcome {
  const allNotes = result.deferred > 0 ? [...notes, deferredNote(result.deferred)] : notes;
  if (result.error !== null) return endWithError(run, 'failed', { error: result.error, notes: allNotes });
  const canceled = !result.complete && run.shutdown.drain.aborted;
  const status = result.deferred + result.unknownOutcomes > 0 ? 'partial' : 'complete';
  return toRunOutcome(run, canceled ? 'canceled' : status, { error: null, notes: allNotes });
}

function endAfterError(run: RunContext, error: unknown): RunOutcome {
  if (run.shutdown.drain.aborted) return toRunOutcome(run, 'canceled', { error: null, notes: [] });
  return endWithError(run, 'failed', { error: toPanelsyncError(error), notes: [] });
}

function endWithError(
  run: RunContext,
  status: 'failed' | 'stopped',
  details: { readonly error: PanelsyncError; readonly notes: readonly string[] },
): RunOutcome {
  const { code, message, hint } = details.error;
  const { deps, request, id } = run;
  const fields = { sync: request.sync.name, runId: id, code, reason: message, hint, cause: causeName(details.error) };
  deps.log[status === 'failed' ? 'error' : 'warn'](`run ${status}`, fields);
  return toRunOutcome(run, status, details);
}

function toRunOutcome(
  run: RunContext,
  status: RunOutcome['status'],
  { error, notes }: { readonly error: PanelsyncError | null; readonly notes: readonly string[] },
): RunOutcome {
  const runError = error === null ? null : { code: error.code, message: error.message, hint: error.hint };
  return { status, error: runError, notes: [...(run.request.notes ?? []), ...notes], readSoFar: run.rowsRead };
}

function causeName({ cause }: PanelsyncError): string | null {
  return cause instanceof Error ? cause.name : null;
}
