import type { App } from '../app.ts';
import { toPanelsyncError } from '../core/errors.ts';
import type { PanelsyncError } from '../core/errors.ts';
import type { ScheduleStore } from '../core/ports/schedule-store.ts';
import { backoffMs } from '../lib/async/backoff.ts';
import { sleep } from '../lib/async/sleep.ts';

/** Questions that come closer together get the same answer. */
const cacheTtlMs = 1000;

/** How often the state is looked at when nobody asks. */
const pollIntervalMs = 10_000;

/** Brings a state database that lacks tables up to date; one that is ahead is refused. */
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

/** What is agreed on about schedules, in a state database that has its tables. */
export async function openMigratedSchedules(app: App): Promise<ScheduleStore> {
  await ensureMigrated(app);
  return (await app.state()).schedules;
}

/** Watches whether the state database can be worked with. */
export class StateWatch {
  readonly #app: App;
  #lastCheck: { readonly atMs: number; readonly result: Promise<PanelsyncError | null> } | null = null;
  #problem: PanelsyncError | null = null;

  constructor(app: App) {
    this.#app = app;
  }

  /** What is wrong with the state database; `null`: nothing. */
  problem(): Promise<PanelsyncError | null> {
    const nowMs = performance.now();
    if (this.#lastCheck === null || nowMs - this.#lastCheck.atMs > cacheTtlMs) {
      const result = this.#check();
      this.#lastCheck = { atMs: Number.POSITIVE_INFINITY, result };
      void result.then(() => (this.#lastCheck = { atMs: performance.now(), result }));
    }
    return this.#lastCheck.result;
  }

  /** Resolves when the state database is there and up to date, or `signal` aborts. */
  async whenReady(signal: AbortSignal): Promise<void> {
    for (let failures = 1; !signal.aborted; failures += 1) {
      const error = await this.#reportChange(ensureMigrated(this.#app));
      if (error === null) return;
      await sleep(backoffMs(failures), signal);
    }
  }

  /** Tells in the log when the state database goes and comes back. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.problem();
      await sleep(pollIntervalMs, signal);
    }
  }

  async #check(): Promise<PanelsyncError | null> {
    return this.#reportChange(this.#app.state().then((openState) => openState.requireCurrent()));
  }

  async #reportChange(check: Promise<void>): Promise<PanelsyncError | null> {
    const error = await check.then(
      () => null,
      (thrown: unknown) => toPanelsyncError(thrown),
    );
    if (error?.code !== this.#problem?.code) {
      if (error === null) this.#app.log.info('state database is back');
      else
        this.#app.log.error('state database is not there', {
          code: error.code,
          reason: error.message,
          hint: error.hint,
        });
    }
    this.#problem = error;
    return error;
  }
}
