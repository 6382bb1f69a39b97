import { linkSignals } from './linked-signal.ts';

/**
 * Something that works beside the rest of the program. Nothing happens before `start`, calling either method twice does
 * no harm, and what was stopped is not started again.
 */
export interface Service {
  /**
   * Resolves when it is at work; rejects, with nothing left running, when it cannot be. When `signal` aborts it takes
   * on nothing new, and a start that still waits for something resolves.
   */
  start(signal: AbortSignal): Promise<void>;
  /** Resolves when it is quiet. */
  stop(): Promise<void>;
}

/** A service whose work is one function that returns soon after its signal aborts. */
export class BackgroundTask implements Service {
  readonly #work: (signal: AbortSignal) => Promise<void>;
  readonly #stopping = new AbortController();
  #finished: Promise<void> | null = null;

  constructor(work: (signal: AbortSignal) => Promise<void>) {
    this.#work = work;
  }

  /** At work, and nobody has asked for a stop. */
  get isActive(): boolean {
    return this.#finished !== null && !this.#stopping.signal.aborted;
  }

  async start(signal: AbortSignal): Promise<void> {
    if (this.#finished !== null || this.#stopping.signal.aborted) return;
    const link = linkSignals([signal, this.#stopping.signal]);
    this.#finished = this.#work(link.signal).finally(link.release);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#finished;
  }
}

/** Services of which each may need those before it: started in order, stopped in reverse. */
export class ServiceGroup implements Service {
  readonly #services: readonly Service[];
  #started: Promise<void> | null = null;
  #stopped: Promise<void> | null = null;

  constructor(services: readonly Service[]) {
    this.#services = services;
  }

  start(signal: AbortSignal): Promise<void> {
    this.#started ??= this.#startAll(signal);
    return this.#started;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  async #startAll(signal: AbortSignal): Promise<void> {
    try {
      for (const service of this.#services) {
        if (signal.aborted || this.#stopped !== null) return;
        await service.start(signal);
      }
    } catch (error) {
      await this.stop().catch(() => undefined);
      throw error;
    }
  }

  /** Stops every service, whatever fails; the first failure is thrown at the end. */
  async #stopAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const service of this.#services.toReversed()) {
      await service.stop().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}
