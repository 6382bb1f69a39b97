/** What happens in the daemon and beside it, for those who watch: the state of all syncs, and the progress of runs. */

import { toPanelsyncError } from '../../core/errors.ts';
import type { RunReport } from '../../core/model/terms.ts';
import type { Observer } from '../../core/ports/observer.ts';
import { BackgroundTask } from '../../lib/async/service.ts';
import type { Service } from '../../lib/async/service.ts';
import { sleep } from '../../lib/async/sleep.ts';
import type { LiveEvent } from '../../server/api.ts';
import { OwnProgress, reportedProgress } from './run-progress.ts';

/** How often the state is read while somebody watches: runs of other processes show by nothing else. */
const pollIntervalMs = 2000;

/** Progress is sent no more often than this. */
const progressIntervalMs = 500;

/** What the watch needs of the document of a sync. */
interface WatchedSync {
  readonly sync: string;
  readonly running: boolean;
  readonly lastRun: RunReport | null;
}

export type Listener = (event: LiveEvent) => void;

/** Reads the state once for all listeners, and not at all without one. */
export class LiveWatch implements Service {
  readonly #syncs: () => Promise<readonly WatchedSync[]>;
  readonly #task = new BackgroundTask((signal) => this.#watch(signal));
  readonly #listeners = new Set<Listener>();
  readonly #progress = new OwnProgress();
  /** The latest event of each kind, for those who come later. */
  #state: LiveEvent | null = null;
  #wake = new AbortController();
  #progressTimer: NodeJS.Timeout | null = null;

  constructor(syncs: () => Promise<readonly WatchedSync[]>) {
    this.#syncs = syncs;
  }

  readonly observer: Partial<Observer> = {
    runProgressed: (update) => {
      const isFirst = this.#progress.update(update, performance.now());
      if (isFirst) this.#wake.abort();
      if (this.#listeners.size > 0) this.#progressTimer ??= setTimeout(() => this.#sendProgress(), progressIntervalMs);
    },
    runFinished: ({ sync }) => this.#ended(sync),
    runErrored: (sync) => this.#ended(sync),
  };

  start(signal: AbortSignal): Promise<void> {
    return this.#task.start(signal);
  }

  async stop(): Promise<void> {
    await this.#task.stop();
    if (this.#progressTimer !== null) clearTimeout(this.#progressTimer);
    this.#progressTimer = null;
  }

  /** The listener gets the present state first. Returns what ends the subscription. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#state = null;
    if (this.#state === null) this.#wake.abort();
    else listener(this.#state);
    for (const progress of this.#progress.documents()) listener(progressEvent(progress));
    return () => this.#listeners.delete(listener);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#wake = new AbortController();
      if (this.#listeners.size > 0) await this.#read();
      const until = AbortSignal.any([signal, this.#wake.signal]);
      await sleep(this.#listeners.size > 0 ? pollIntervalMs : idleIntervalMs, until);
    }
  }

  async #read(): Promise<void> {
    const event = await this.#syncs().then(
      (syncs): LiveEvent => {
        for (const { sync, running, lastRun } of syncs)
          if (running && lastRun !== null && !this.#progress.has(sync))
            this.#send(progressEvent(reportedProgress(lastRun)));
        return { name: 'syncs', data: JSON.stringify(syncs) };
      },
      (error: unknown): LiveEvent => {
        const { code, message, hint } = toPanelsyncError(error);
        return { name: 'unavailable', data: JSON.stringify({ code, message, hint }) };
      },
    );
    if (this.#state?.data === event.data) return;
    this.#state = event;
    this.#send(event);
  }

  #ended(sync: string): void {
    this.#progress.remove(sync);
    this.#wake.abort();
  }

  #sendProgress(): void {
    this.#progressTimer = null;
    for (const progress of this.#progress.takeChanged()) this.#send(progressEvent(progress));
  }

  #send(event: LiveEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** Without listeners, only a new one wakes it up. */
const idleIntervalMs = 60 * 60_000;

function progressEvent(progress: object): LiveEvent {
  return { name: 'progress', data: JSON.stringify(progress) };
}
