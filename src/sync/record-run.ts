import type { PanelsyncError } from '../core/errors.ts';
import { toPanelsyncError } from '../core/errors.ts';
import type { RunReport, Trigger } from '../core/model/terms.ts';
import type { NewFingerprints } from '../core/ports/run/fingerprint-store.ts';
import type { RunSession } from '../core/ports/run/run-session.ts';
import type { RunOutcome } from '../core/ports/run/run-store.ts';
import type { StoppedPlan } from '../core/ports/run/saved-plans.ts';
import type { ShutdownSignals } from '../core/ports/shutdown-signals.ts';
import type { SyncSettings } from '../core/settings.ts';
import { withSpan } from '../core/tracing.ts';
import type { SpanAttributes } from '../core/tracing.ts';
import type { DeliveryResult } from './deliver/batch-sender.ts';
import { redactValues } from './deliver/redact-values.ts';
import { deferredNote, toleratedNote, turnsNotes } from './notes.ts';
import type { DeliverySettings, Progress, RunContext, RunDeps } from './run-context.ts';
import { RunWork } from './run-work.ts';

/** What a run begins with. */
export interface RunStart {
  readonly sync: SyncSettings;
  readonly trigger: Exclude<Trigger, 'plan'>;
  readonly shutdown: ShutdownSignals;
  readonly delivery: DeliverySettings;
  /** Notes for the report besides those of the run itself. */
  readonly notes?: readonly string[];
  /** The stopped run whose plan this one is to send; absent: it sends its own. */
  readonly approves?: string;
  onProgress(progress: Progress): void;
  /** The run is on record. */
  onStarted?(runId: string): void;
}

/** How the steps of a run ended: before anything was sent, or with what became of the batches. */
export type RunEnd =
  | {
      readonly kind: 'stopped';
      readonly error: PanelsyncError;
      readonly notes: readonly string[];
      /** Absent where the run was stopped before it had a plan. */
      readonly savedPlan?: StoppedPlan;
    }
  | {
      readonly kind: 'sent';
      readonly result: DeliveryResult;
      readonly notes: readonly string[];
      readonly fingerprints?: NewFingerprints;
    };

export type RunSteps = (run: RunContext) => Promise<RunEnd>;

/**
 * Puts a run on record, takes its steps, and records how they ended. What ends a run early is in its report; only what
 * cannot be recorded (no lock, no state database) is thrown. `full`: all later runs plan as if the snapshot were empty,
 * too, until everybody was sent once.
 */
export function recordRun(
  start: RunStart & { readonly full: boolean },
  deps: RunDeps,
  steps: RunSteps,
): Promise<RunReport> {
  const { sync, trigger } = start;
  return withSpan('run', { sync: sync.name, mode: sync.mode, trigger }, async (span) => {
    const onStarted = (runId: string): void => {
      span.set({ run_id: runId });
      start.onStarted?.(runId);
    };
    const report = await recordSteps({ ...start, onStarted }, deps, steps);
    span.set(reportAttributes(report));
    if (report.error !== null) span.fail(report.error.code);
    return report;
  });
}

/** Counts only. */
function reportAttributes({ status, rows, requests }: RunReport): SpanAttributes {
  const rowCounts = Object.entries(rows).map(([outcome, count]) => [`rows.${outcome}`, count] as const);
  return { status, ...Object.fromEntries(rowCounts), requests: requests.sent };
}

async function recordSteps(
  { full, ...start }: RunStart & { readonly full: boolean },
  deps: RunDeps,
  steps: RunSteps,
): Promise<RunReport> {
  const { sync, trigger } = start;
  const session = await deps.state.openSession(sync, { lock: true, trustSnapshot: !full });
  try {
    const { runs } = session.stores;
    const approves = start.approves === undefined ? {} : { approves: start.approves };
    const runId = await runs.begin({ trigger, destination: deps.destination.fingerprint, full, ...approves });
    deps.log.info('run started', { sync: sync.name, runId, mode: sync.mode, trigger });
    start.onStarted?.(runId);
    const turns = await runs.findTurns(runId);
    if (turns !== null) deps.log.warn('another configuration ran this sync in between', { sync: sync.name, ...turns });
    const run = createContext(start, deps, { session, runId });
    const { notes, ...outcome } = await steps(run).then(
      (end) => outcomeOf(run, end),
      (error: unknown) => outcomeAfterError(run, error),
    );
    if (session.lost.aborted) throw await session.lostError();
    const allNotes = [...(start.notes ?? []), ...turnsNotes(sync.name, turns), ...notes];
    const report = await runs.finish(runId, {
      ...outcome,
      notes: allNotes,
      work: run.work.counts(),
      freshness: run.work.freshness,
      ...toleranceOf(sync),
    });
    deps.log.info('run finished', { ...report });
    return report;
  } finally {
    await session.close();
  }
}

function toleranceOf({ tolerate }: SyncSettings): Pick<RunOutcome, 'tolerance'> {
  if (tolerate.invalidPercent === 0 && tolerate.rejectedPercent === 0) return {};
  return { tolerance: { ...tolerate, note: (counts) => toleratedNote(counts, tolerate) } };
}

function createContext(
  { sync, trigger, shutdown, delivery, onProgress }: RunStart,
  { source, destination, formats, log }: RunDeps,
  { session, runId }: { readonly session: RunSession; readonly runId: string },
): RunContext {
  const { codec, stores, fence, lost } = session;
  return {
    sync,
    runId,
    trigger,
    source,
    destination: codec.payload === 'hashed' ? redactValues(destination) : destination,
    formats,
    log,
    codec,
    stores,
    fence,
    shutdown: shutdownWithSession(shutdown, lost),
    delivery,
    work: new RunWork(),
    onProgress,
  };
}

/** Signals that also abort when the session is lost: what cannot be recorded is not sent. */
export function shutdownWithSession({ drain, abort }: ShutdownSignals, lost: AbortSignal): ShutdownSignals {
  return { drain: AbortSignal.any([drain, abort, lost]), abort: AbortSignal.any([abort, lost]) };
}

type Outcome = Omit<RunOutcome, 'work' | 'freshness'>;

function outcomeOf(run: RunContext, end: RunEnd): Outcome {
  if (end.kind === 'stopped') {
    const { savedPlan } = end;
    return { ...outcomeWithError(run, 'stopped', end), ...(savedPlan === undefined ? {} : { savedPlan }) };
  }
  const { result } = end;
  const notes = result.deferred > 0 ? [...end.notes, deferredNote(result.deferred)] : end.notes;
  const remembered = end.fingerprints === undefined ? {} : { fingerprints: end.fingerprints };
  if (result.error !== null)
    return { ...outcomeWithError(run, 'failed', { error: result.error, notes }), ...remembered };
  const canceled = !result.complete && run.shutdown.drain.aborted;
  const status = result.deferred + result.unknownOutcomes > 0 ? 'partial' : 'complete';
  return { status: canceled ? 'canceled' : status, error: null, notes, ...remembered };
}

function outcomeAfterError(run: RunContext, error: unknown): Outcome {
  if (run.shutdown.drain.aborted) return { status: 'canceled', error: null, notes: [] };
  return outcomeWithError(run, 'failed', { error: toPanelsyncError(error), notes: [] });
}

function outcomeWithError(
  { sync, runId, log }: RunContext,
  status: 'failed' | 'stopped',
  { error, notes }: { readonly error: PanelsyncError; readonly notes: readonly string[] },
): Outcome {
  const { code, message, hint } = error;
  const cause = error.cause instanceof Error ? error.cause.name : null;
  const fields = { sync: sync.name, runId, code, reason: message, hint, cause };
  log[status === 'failed' ? 'error' : 'warn'](`run ${status}`, fields);
  return { status, error: { code, message, hint }, notes };
}
