import type { App } from '../app.ts';
import { unverifiedNotes } from '../app/wire-profile-status.ts';
import { asPanelsyncError, PanelsyncError } from '../core/errors.ts';
import type { SyncSettings } from '../core/settings.ts';
import type { RunReport, Trigger } from '../core/model/terms.ts';
import { runSync } from '../sync/run-sync.ts';
import { prepareState } from './state-watch.ts';

interface UnderWay {
  readonly app: App;
  readonly sync: string;
  /** Of its own: a signal that lives as long as the process would collect what each run hangs on it. */
  readonly drain: AbortController;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/** The runs of this process. What ends one is on record, or logged where nothing can be recorded. */
export class Runs {
  readonly #underWay = new Set<UnderWay>();
  #stopping = false;
  #told = false;

  /** Begins a run; resolves with its id when it is on record. */
  start(app: App, sync: SyncSettings, trigger: Exclude<Trigger, 'plan'>): Promise<string> {
    if (this.#stopping) return Promise.reject(stoppingError());
    if ([...this.#underWay].some((one) => one.sync === sync.name)) return Promise.reject(alreadyRunning(sync.name));
    const drain = new AbortController();
    const abort = new AbortController();
    const stop = { drain: drain.signal, abort: abort.signal };
    return new Promise((resolve, reject) => {
      let begun = false;
      const onBegun = (runId: string): void => {
        begun = true;
        resolve(runId);
      };
      const work = async (): Promise<RunReport> => {
        await prepareState(app);
        const delivery = app.config.destination;
        const notes = await this.#notesOnce(app);
        const onProgress = (): void => undefined;
        const usual = { full: false, force: false, limit: null, onProgress };
        const request = { ...usual, sync, trigger, stop, delivery, notes, onBegun };
        return app.withDeps(sync, (deps) => runSync(request, deps));
      };
      const onBroken = (error: unknown): void => {
        reject(asPanelsyncError(error));
        tellBroken(app, sync.name, { error: asPanelsyncError(error), begun });
      };
      const ended = work().then((report) => app.observers.runFinished(report), onBroken);
      const underWay: UnderWay = { app, sync: sync.name, drain, abort, ended };
      this.#underWay.add(underWay);
      void ended.finally(() => this.#underWay.delete(underWay));
    });
  }

  /** What the first run of the process tells; the others would only repeat it. */
  async #notesOnce(app: App): Promise<readonly string[]> {
    if (this.#told) return [];
    this.#told = true;
    const notes = await unverifiedNotes(app);
    for (const reason of notes) app.log.warn('wire profile not verified', { reason });
    return notes;
  }

  /** No run begins any more; those under way take no new batch and settle those in flight. */
  drain(): void {
    this.#stopping = true;
    for (const { drain } of this.#underWay) drain.abort();
  }

  /** Drops what is in flight; the next run of each sync resolves it. */
  abort(): void {
    for (const { abort } of this.#underWay) abort.abort();
  }

  get count(): number {
    return this.#underWay.size;
  }

  /** Resolves when all runs that began under this configuration have ended; without one, when all have. */
  async settled(app?: App): Promise<void> {
    await Promise.all(
      [...this.#underWay].filter((one) => app === undefined || one.app === app).map((one) => one.ended),
    );
  }
}

function tellBroken(
  app: App,
  sync: string,
  { error, begun }: { readonly error: PanelsyncError; readonly begun: boolean },
): void {
  const { code, message, hint } = error;
  app.observers.runBroken(sync, code);
  // Whoever asked for a run that did not begin is told; nobody waits for the end of one.
  if (begun) app.log.error('run broken off, its end is not on record yet', { sync, code, reason: message, hint });
}

function alreadyRunning(sync: string): PanelsyncError {
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
