import type { App } from '../app.ts';
import { wireProfileNotes } from '../app/wire-profile-status.ts';
import { toPanelsyncError, PanelsyncError } from '../core/errors.ts';
import type { SyncSettings } from '../core/settings.ts';
import type { RunReport, Trigger } from '../core/model/terms.ts';
import { runSync } from '../sync/run-sync.ts';
import { ensureMigrated } from './state-watch.ts';

interface ActiveRun {
  readonly app: App;
  readonly sync: string;
  /** Of its own: a signal that lives as long as the process would collect what each run hangs on it. */
  readonly drain: AbortController;
  readonly abort: AbortController;
  readonly finished: Promise<void>;
}

/** The runs of this process. What ends one is on record, or logged where nothing can be recorded. */
export class ActiveRuns {
  readonly #activeRuns = new Set<ActiveRun>();
  #isStopping = false;
  #notesReported = false;

  /** Begins a run; resolves with its id when it is on record. */
  start(app: App, sync: SyncSettings, trigger: Exclude<Trigger, 'plan'>): Promise<string> {
    if (this.#isStopping) return Promise.reject(stoppingError());
    if ([...this.#activeRuns].some((run) => run.sync === sync.name))
      return Promise.reject(alreadyRunningError(sync.name));
    const drain = new AbortController();
    const abort = new AbortController();
    const shutdown = { drain: drain.signal, abort: abort.signal };
    return new Promise((resolve, reject) => {
      let started = false;
      const onStarted = (runId: string): void => {
        started = true;
        resolve(runId);
      };
      const execute = async (): Promise<RunReport> => {
        await ensureMigrated(app);
        const delivery = app.config.destination;
        const notes = await this.#notesForFirstRun(app);
        const onProgress = (): void => undefined;
        const defaults = { full: false, force: false, limit: null, onProgress };
        const request = { ...defaults, sync, trigger, shutdown, delivery, notes, onStarted };
        return app.withDeps(sync, (deps) => runSync(request, deps));
      };
      const onFailed = (error: unknown): void => {
        reject(toPanelsyncError(error));
        reportBrokenRun(app, sync.name, { error: toPanelsyncError(error), started });
      };
      const finished = execute().then((report) => app.observers.runFinished(report), onFailed);
      const activeRun: ActiveRun = { app, sync: sync.name, drain, abort, finished };
      this.#activeRuns.add(activeRun);
      void finished.finally(() => this.#activeRuns.delete(activeRun));
    });
  }

  /** What the first run of the process tells; the others would only repeat it. */
  async #notesForFirstRun(app: App): Promise<readonly string[]> {
    if (this.#notesReported) return [];
    this.#notesReported = true;
    const notes = await wireProfileNotes(app);
    for (const reason of notes) app.log.warn('wire profile not verified', { reason });
    return notes;
  }

  /** No run begins any more; those under way take no new batch and settle those in flight. */
  drain(): void {
    this.#isStopping = true;
    for (const { drain } of this.#activeRuns) drain.abort();
  }

  /** Drops what is in flight; the next run of each sync resolves it. */
  abort(): void {
    for (const { abort } of this.#activeRuns) abort.abort();
  }

  get count(): number {
    return this.#activeRuns.size;
  }

  /** Resolves when all runs that began under this configuration have ended; without one, when all have. */
  async whenFinished(app?: App): Promise<void> {
    await Promise.all(
      [...this.#activeRuns].filter((one) => app === undefined || one.app === app).map((one) => one.finished),
    );
  }
}

function reportBrokenRun(
  app: App,
  sync: string,
  { error, started }: { readonly error: PanelsyncError; readonly started: boolean },
): void {
  const { code, message, hint } = error;
  app.observers.runErrored(sync, code);
  // Whoever asked for a run that did not begin is told; nobody waits for the end of one.
  if (started) app.log.error('run broken off, its end is not on record yet', { sync, code, reason: message, hint });
}

function alreadyRunningError(sync: string): PanelsyncError {
  return new PanelsyncError({
    code: 'already_running',
    recovery: 'busy',
    message: `The sync "${sync}" is at work already.`,
    hint: 'Wait until it is done; panelsync status shows it.',
  });
}

export function stoppingError(): PanelsyncError {
  return new PanelsyncError({
    code: 'stopping',
    recovery: 'canceled',
    message: 'The daemon is stopping; it begins no run any more.',
    hint: 'Ask again when it runs again.',
  });
}
