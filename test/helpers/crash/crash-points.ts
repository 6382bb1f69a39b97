import type { BatchIntent, Ledger } from '../../../src/core/ports/run/ledger.ts';
import type { PlanRecorder, StageWriter } from '../../../src/core/ports/run/plan-store.ts';
import type { RunSession, State } from '../../../src/core/ports/run/run-session.ts';
import type { Destination } from '../../../src/core/ports/destination.ts';
import type { Log } from '../../../src/core/ports/log.ts';
import type { RunDeps } from '../../../src/sync/run-context.ts';

/** Where a run can die by its own hand: before and after each step that leaves something behind. */
export const crashPoints = [
  'before the stage is written',
  'after the stage is written',
  'before the plan is recorded',
  'after the plan is recorded',
  'before a batch is recorded',
  'after a batch is recorded',
  'after the answer is read',
  'before a batch is settled',
  'after a batch is settled',
  'before the report',
  'after the report',
] as const;

/** Where a run can be frozen between two steps that leave something behind. */
export const freezePoints = ['while a request waits for its turn', 'before a request is repeated'] as const;

/** Where a run can die that sends the plan of a stopped one. */
export const approvalPoints = ['before the approval is recorded', 'after the approval is recorded'] as const;

export type CrashPoint = (typeof crashPoints)[number] | (typeof freezePoints)[number] | (typeof approvalPoints)[number];

/** The batch at which the points of a batch strike: one was settled before it, one is still to come. */
const crashBatchNumber = 2;

/**
 * Dies at a point as a process dies when the machine takes it away, at once, with nothing tidied up; or stands still
 * there, once, until somebody lets it go on.
 */
export function crashOnce(at: CrashPoint, signal: 'SIGKILL' | 'SIGSTOP'): (point: CrashPoint) => void {
  let triggered = false;
  return (point) => {
    if (point !== at || triggered) return;
    triggered = true;
    process.kill(process.pid, signal);
  };
}

/** Runs `work` between two points. */
async function withCrashPoints<T>(
  work: () => Promise<T>,
  crash: (point: CrashPoint) => void,
  points: { readonly before?: CrashPoint; readonly after?: CrashPoint },
): Promise<T> {
  if (points.before !== undefined) crash(points.before);
  const result = await work();
  if (points.after !== undefined) crash(points.after);
  return result;
}

/** All that a run works with, dying at the point. */
export function crashingDeps(deps: RunDeps, crash: (point: CrashPoint) => void): RunDeps {
  const { state, destination } = deps;
  return { ...deps, state: crashingState(state, crash), destination: crashingDestination(destination, crash) };
}

/** A state whose sessions die at the point; everything else is the real one's. */
export function crashingState(state: State, crash: (point: CrashPoint) => void): State {
  return {
    openSession: async (sync, options) => {
      const session = await state.openSession(sync, options);
      return crashingSession(session, crash);
    },
  };
}

function crashingSession(session: RunSession, crash: (point: CrashPoint) => void): RunSession {
  const count: BatchCount = { recorded: 0, crashBatch: null };
  const { stores } = session;
  return {
    ...session,
    stores: {
      ...stores,
      plans: {
        ...stores.plans,
        stage: async () => crashingWriter(await stores.plans.stage(), crash),
        open: async (runId) => crashingRecorder(await stores.plans.open(runId), crash),
      },
      savedPlans: {
        ...stores.savedPlans,
        approve: (approval) =>
          withCrashPoints(() => stores.savedPlans.approve(approval), crash, {
            before: 'before the approval is recorded',
            after: 'after the approval is recorded',
          }),
      },
      ledger: (runId) => crashingLedger(stores.ledger(runId), crash, count),
      runs: {
        ...stores.runs,
        finish: (runId, end) =>
          withCrashPoints(() => stores.runs.finish(runId, end), crash, {
            before: 'before the report',
            after: 'after the report',
          }),
      },
    },
  };
}

function crashingWriter(writer: StageWriter, crash: (point: CrashPoint) => void): StageWriter {
  return {
    ...writer,
    finish: () =>
      withCrashPoints(() => writer.finish(), crash, {
        before: 'before the stage is written',
        after: 'after the stage is written',
      }),
  };
}

function crashingRecorder(recorder: PlanRecorder, crash: (point: CrashPoint) => void): PlanRecorder {
  return {
    ...recorder,
    commit: (counts) =>
      withCrashPoints(() => recorder.commit(counts), crash, {
        before: 'before the plan is recorded',
        after: 'after the plan is recorded',
      }),
  };
}

/** Batches that a run puts on record, those of earlier runs included. */
interface BatchCount {
  recorded: number;
  crashBatch: BatchIntent | null;
}

function crashingLedger(ledger: Ledger, crash: (point: CrashPoint) => void, count: BatchCount): Ledger {
  const crashIf = (batch: BatchIntent): ((point: CrashPoint) => void) =>
    batch === count.crashBatch ? crash : () => undefined;
  return {
    ...ledger,
    record: (batch) => {
      count.recorded += 1;
      if (count.recorded === crashBatchNumber) count.crashBatch = batch;
      return withCrashPoints(() => ledger.record(batch), crashIf(batch), {
        before: 'before a batch is recorded',
        after: 'after a batch is recorded',
      });
    },
    settle: (batch, settlement) =>
      withCrashPoints(() => ledger.settle(batch, settlement), crashIf(batch), {
        before: 'before a batch is settled',
        after: 'after a batch is settled',
      }),
  };
}

/** A log that hears of a repeated request before it is made. */
export function crashingLog(log: Log, crash: (point: CrashPoint) => void): Log {
  return {
    ...log,
    warn: (event, fields) => {
      if (event === 'hub request retried') crash('before a request is repeated');
      log.warn(event, fields);
    },
  };
}

/** Sooner than the turn of a request comes at the pace that such a run is given. */
const crashDuringWaitMs = 50;

/** A destination whose second batch is answered and never heard of again. */
export function crashingDestination(destination: Destination, crash: (point: CrashPoint) => void): Destination {
  let sent = 0;
  return {
    ...destination,
    acquire: async (signal) => {
      const timer =
        sent === 0 ? null : setTimeout(() => crash('while a request waits for its turn'), crashDuringWaitMs);
      await destination.acquire(signal).finally(() => timer !== null && clearTimeout(timer));
    },
    send: async (payloads, options) => {
      sent += 1;
      const points = sent === crashBatchNumber ? { after: 'after the answer is read' as const } : {};
      return withCrashPoints(() => destination.send(payloads, options), crash, points);
    },
  };
}
