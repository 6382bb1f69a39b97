import type { App } from '../app.ts';
import { wireProfileNotes } from '../app/wire-profile-status.ts';
import { nextScheduledAt } from '../app/sync-overviews.ts';
import { toPanelsyncError, PanelsyncError, usageErrorCodes } from '../core/errors.ts';
import type { SyncSettings } from '../core/settings.ts';
import type { RunReport, Trigger } from '../core/model/terms.ts';
import type { Service } from '../lib/async/service.ts';
import type { ApplyResult } from '../sync/approve/apply-plan.ts';
import { approvePlan } from '../sync/approve/approve-plan.ts';
import type { ApproveRequest } from '../sync/approve/approve-plan.ts';
import type { RunDeps } from '../sync/run-context.ts';
import { runSync } from '../sync/run-sync.ts';
import type { RunRequest } from '../sync/run-sync.ts';
import { ensureMigrated } from './state-watch.ts';

interface ActiveRun {
  readonly app: App;
  readonly sync: string;
  /** One per run: a signal that lives as long as the process would collect the listeners of every run. */
  readonly drain: AbortController;
  readonly abort: AbortController;
  readonly finished: Promise<void>;
}

/** What every run of this process begins with. */
interface LaunchedRun extends Pick<RunRequest, 'sync' | 'shutdown' | 'delivery' | 'onProgress'> {
  readonly notes: readonly string[];
  onStarted(runId: string): void;
}

/** What came of approving a plan: the run that sends it, or the report of the one that sent nothing. */
export type ApprovalResult =
  { readonly isApproved: true; readonly runId: string } | ({ readonly isApproved: false } & ApplyResult);

/** The runs of this process. What ends a run is recorded, or logged where nothing can be recorded. */
export class ActiveRuns implements Service {
  readonly #activeRuns = new Set<ActiveRun>();
  #state: 'new' | 'active' | 'stopping' = 'new';
  #notesReported = false;

  async start(signal: AbortSignal): Promise<void> {
    if (this.#state !== 'new') return;
    this.#state = 'active';
    signal.addEventListener('abort', () => this.#drain());
    if (signal.aborted) this.#drain();
  }

  /** Runs under way take no new batch and settle those in flight. */
  async stop(): Promise<void> {
    this.#drain();
    await this.whenFinished();
  }

  /** Drops what is in flight; the next run of each sync resolves it. */
  abort(): void {
    for (const { abort } of this.#activeRuns) abort.abort();
  }

  get count(): number {
    return this.#activeRuns.size;
  }

  /** Resolves when all runs that started with this configuration have ended; without one, when all have. */
  async whenFinished(app?: App): Promise<void> {
    await Promise.all(
      [...this.#activeRuns].filter((run) => app === undefined || run.app === app).map((run) => run.finished),
    );
  }

  /** Starts a run; resolves with its id when it is recorded. */
  startRun(app: App, sync: SyncSettings, trigger: Exclude<Trigger, 'plan'>): Promise<string> {
    return this.#launch<string>(app, sync, (start, deps, settle) => {
      const onStarted = (runId: string): void => {
        start.onStarted(runId);
        settle(runId);
      };
      return runSync({ ...start, trigger, full: false, force: false, limit: null, onStarted }, deps);
    });
  }

  /** Starts a run that sends the plan of a stopped one; resolves when sending begins, or when nothing is sent. */
  startApproval(app: App, sync: SyncSettings, approval: ApproveRequest['approval']): Promise<ApprovalResult> {
    return this.#launch<ApprovalResult>(app, sync, async (start, deps, settle) => {
      const onApproved = (runId: string): void => settle({ isApproved: true, runId });
      const result = await approvePlan({ ...start, trigger: 'api', approval, onApproved }, deps);
      settle({ isApproved: false, ...result });
      return result.report;
    });
  }

  /** Runs a sync in this process; resolves with what `execute` settles first. */
  #launch<Result>(
    app: App,
    sync: SyncSettings,
    execute: (start: LaunchedRun, deps: RunDeps, settle: (result: Result) => void) => Promise<RunReport>,
  ): Promise<Result> {
    if (this.#state !== 'active') return Promise.reject(shuttingDownError());
    if ([...this.#activeRuns].some((run) => run.sync === sync.name))
      return Promise.reject(alreadyRunningError(sync.name));
    const drain = new AbortController();
    const abort = new AbortController();
    let startedRunId: string | null = null;
    const start: Omit<LaunchedRun, 'notes'> = {
      sync,
      shutdown: { drain: drain.signal, abort: abort.signal },
      delivery: app.config.destination,
      onStarted: (runId) => (startedRunId = runId),
      onProgress: (progress) => {
        if (startedRunId !== null) app.observers.runProgressed({ sync: sync.name, runId: startedRunId, ...progress });
      },
    };
    return new Promise((resolve, reject) => {
      const run = async (): Promise<RunReport> => {
        await ensureMigrated(app);
        const notes = await this.#notesForFirstRun(app);
        return app.withDeps(sync, (deps) => execute({ ...start, notes }, deps, resolve));
      };
      const onFailed = (error: unknown): void => {
        reject(toPanelsyncError(error));
        reportRunError(app, sync.name, { error: toPanelsyncError(error), started: startedRunId !== null });
      };
      const onFinished = (report: RunReport): void => {
        app.observers.runFinished(report);
        logOutlook(app, sync, report);
      };
      const finished = run().then(onFinished, onFailed);
      const activeRun: ActiveRun = { app, sync: sync.name, drain, abort, finished };
      this.#activeRuns.add(activeRun);
      void finished.finally(() => this.#activeRuns.delete(activeRun));
    });
  }

  /** Notes for the report of the first run of the process; the others would only repeat them. */
  async #notesForFirstRun(app: App): Promise<readonly string[]> {
    if (this.#notesReported) return [];
    this.#notesReported = true;
    const notes = await wireProfileNotes(app);
    for (const reason of notes) app.log.warn('wire profile not verified', { reason });
    return notes;
  }

  #drain(): void {
    this.#state = 'stopping';
    for (const { drain } of this.#activeRuns) drain.abort();
  }
}

function reportRunError(
  app: App,
  sync: string,
  { error, started }: { readonly error: PanelsyncError; readonly started: boolean },
): void {
  const { code, message, hint } = error;
  app.observers.runErrored(sync, code);
  // The caller of a run that did not start gets the error; nobody waits for the end of one that did.
  if (started) app.log.error('run interrupted: its outcome is not recorded yet', { sync, code, reason: message, hint });
}

/** After a failed run: whether the next one tries again, or somebody has to correct something first. */
function logOutlook(app: App, sync: SyncSettings, { runId, status, error }: RunReport): void {
  if (status !== 'failed' || error === null) return;
  const fields = { sync: sync.name, runId, code: error.code, nextRunAt: nextScheduledAt(sync) };
  if (usageErrorCodes.has(error.code)) app.log.warn('runs keep failing until this is corrected', fields);
  else app.log.info('the next run tries again', fields);
}

function alreadyRunningError(sync: string): PanelsyncError {
  return new PanelsyncError({
    code: 'already_running',
    recovery: 'busy',
    message: `The sync "${sync}" is already running.`,
    hint: 'Wait until it has finished; panelsync status shows when.',
  });
}

export function shuttingDownError(): PanelsyncError {
  return new PanelsyncError({
    code: 'stopping',
    recovery: 'canceled',
    message: 'The daemon is shutting down: no new runs are accepted.',
    hint: 'Try again when it is running.',
  });
}
