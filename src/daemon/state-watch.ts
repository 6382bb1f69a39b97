import type { App } from '../app.ts';
import { toPanelsyncError } from '../core/errors.ts';
import type { PanelsyncError } from '../core/errors.ts';
import type { ScheduleStore } from '../core/ports/schedule-store.ts';
import { backoffMs } from '../lib/async/backoff.ts';
import { linkSignals } from '../lib/async/linked-signal.ts';
import { BackgroundTask } from '../lib/async/service.ts';
import type { Service } from '../lib/async/service.ts';
import { sleep } from '../lib/async/sleep.ts';
import { untilAborted } from '../lib/async/until-aborted.ts';
import { errorFields } from './error-fields.ts';

/** Requests that come sooner get the same answer. */
const cacheTtlMs = 1000;

/** How often the state database is checked when nobody asks. */
const pollIntervalMs = 10_000;

/** Applies the migrations that a state database lacks; one that was migrated by a newer version is refused. */
export async function ensureMigrated(app: App): Promise<void> {
  const openState = await app.state();
  try {
    await openState.requireCurrent();
  } catch (error) {
    if (toPanelsyncError(error).code !== 'state_outdated') throw error;
    const appliedMigrations = await openState.migrate();
    app.log.info('migrations applied to the state database', { applied: appliedMigrations });
  }
}

/** The schedule store of a state database that has its tables. */
export async function openMigratedSchedules(app: App): Promise<ScheduleStore> {
  await ensureMigrated(app);
  return (await app.state()).schedules;
}

/** Watches whether the state database is available and up to date. Its start waits until it is. */
export class StateWatch implements Service {
  readonly #app: App;
  readonly #task = new BackgroundTask((signal) => this.#watch(signal));
  readonly #stopping = new AbortController();
  #ready: Promise<void> | null = null;
  #lastCheck: { readonly atMs: number; readonly result: Promise<PanelsyncError | null> } | null = null;
  #problem: PanelsyncError | null = null;

  constructor(app: App) {
    this.#app = app;
  }

  start(signal: AbortSignal): Promise<void> {
    this.#ready ??= this.#startWhenReady(signal);
    return this.#ready;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#task.stop();
  }

  /** What is wrong with the state database; `null` if nothing is. */
  problem(): Promise<PanelsyncError | null> {
    const nowMs = performance.now();
    if (this.#lastCheck === null || nowMs - this.#lastCheck.atMs > cacheTtlMs) {
      const result = this.#check();
      this.#lastCheck = { atMs: Number.POSITIVE_INFINITY, result };
      void result.then(() => (this.#lastCheck = { atMs: performance.now(), result }));
    }
    return this.#lastCheck.result;
  }

  async #startWhenReady(signal: AbortSignal): Promise<void> {
    const link = linkSignals([signal, this.#stopping.signal]);
    await untilAborted(this.#waitUntilReady(link.signal), link.signal).finally(link.release);
    if (!link.signal.aborted) await this.#task.start(signal);
  }

  async #waitUntilReady(signal: AbortSignal): Promise<void> {
    for (let failures = 1; !signal.aborted; failures += 1) {
      const error = await this.#logChange(ensureMigrated(this.#app));
      if (error === null) return;
      await sleep(backoffMs(failures), signal);
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await untilAborted(this.problem(), signal);
      await sleep(pollIntervalMs, signal);
    }
  }

  async #check(): Promise<PanelsyncError | null> {
    return this.#logChange(this.#app.state().then((openState) => openState.requireCurrent()));
  }

  /** Logs when the state database becomes unavailable, and when it is available again. */
  async #logChange(check: Promise<void>): Promise<PanelsyncError | null> {
    const error = await check.then(
      () => null,
      (thrown: unknown) => toPanelsyncError(thrown),
    );
    if (error?.code !== this.#problem?.code) {
      if (error === null) this.#app.log.info('state database available again');
      else this.#app.log.error('state database unavailable', errorFields(error));
    }
    this.#problem = error;
    return error;
  }
}
