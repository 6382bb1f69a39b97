import type { App } from '../app.ts';
import { asPanelsyncError } from '../core/errors.ts';
import type { PanelsyncError } from '../core/errors.ts';
import type { Schedules } from '../core/ports/schedule-store.ts';
import { backoffMs } from '../lib/async/backoff.ts';
import { sleep } from '../lib/async/sleep.ts';

/** Questions that come closer together get the same answer. */
const freshMs = 1000;

/** How often the state is looked at when nobody asks. */
const watchMs = 10_000;

/** Brings a state database that lacks tables up to date; one that is ahead is refused. */
export async function prepareState(app: App): Promise<void> {
  const opened = await app.state();
  try {
    await opened.requireCurrent();
  } catch (error) {
    if (asPanelsyncError(error).code !== 'state_outdated') throw error;
    const applied = await opened.migrate();
    app.log.info('migrations applied to the state database', { applied });
  }
}

/** What is agreed on about schedules, in a state database that has its tables. */
export async function preparedSchedules(app: App): Promise<Schedules> {
  await prepareState(app);
  return (await app.state()).schedules;
}

/** Watches whether the state database can be worked with. */
export class StateWatch {
  readonly #app: App;
  #asked: { readonly atMs: number; readonly answer: Promise<PanelsyncError | null> } | null = null;
  #problem: PanelsyncError | null = null;

  constructor(app: App) {
    this.#app = app;
  }

  /** What is wrong with the state database; `null`: nothing. */
  problem(): Promise<PanelsyncError | null> {
    const nowMs = performance.now();
    if (this.#asked === null || nowMs - this.#asked.atMs > freshMs) {
      const answer = this.#look();
      this.#asked = { atMs: Number.POSITIVE_INFINITY, answer };
      void answer.then(() => (this.#asked = { atMs: performance.now(), answer }));
    }
    return this.#asked.answer;
  }

  /** Resolves when the state database is there and up to date, or `signal` aborts. */
  async ready(signal: AbortSignal): Promise<void> {
    for (let failures = 1; !signal.aborted; failures += 1) {
      const error = await this.#tell(prepareState(this.#app));
      if (error === null) return;
      await sleep(backoffMs(failures), signal);
    }
  }

  /** Tells in the log when the state database goes and comes back. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.problem();
      await sleep(watchMs, signal);
    }
  }

  async #look(): Promise<PanelsyncError | null> {
    return this.#tell(this.#app.state().then((opened) => opened.requireCurrent()));
  }

  async #tell(work: Promise<void>): Promise<PanelsyncError | null> {
    const error = await work.then(
      () => null,
      (thrown: unknown) => asPanelsyncError(thrown),
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
