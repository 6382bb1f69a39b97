import { progressRate } from '../../app/runs/progress-rate.ts';
import type { Progress } from '../../sync/run-context.ts';

/** How far a command is with a sync. */
export interface ProgressUpdate extends Progress {
  readonly sync: string;
  /** `null`: it is no run on record. */
  readonly runId: string | null;
}

/** Where people or programs see the progress of a command. */
export interface ProgressDisplay {
  show(update: ProgressUpdate): void;
  stop(): void;
}

/** Between two lines of the same step. */
const intervalMs = 1000;

interface ShownStep {
  readonly name: string;
  readonly startedMs: number;
  readonly writtenMs: number;
  /** The newest update, if it is not written yet. */
  readonly pending: ProgressUpdate | null;
}

/** Progress for programs: one JSON document a line, when a step starts, at most once a second, and when it ends. */
export class ProgressLines implements ProgressDisplay {
  readonly #write: (line: string) => void;
  readonly #clock: () => number;
  #step: ShownStep | null = null;

  constructor(write: (line: string) => void, clock: () => number) {
    this.#write = write;
    this.#clock = clock;
  }

  show(update: ProgressUpdate): void {
    const nowMs = this.#clock();
    const name = `${update.sync} ${update.step}`;
    if (this.#step?.name !== name) {
      this.stop();
      this.#step = { name, startedMs: nowMs, writtenMs: Number.NEGATIVE_INFINITY, pending: null };
    }
    const { startedMs, writtenMs } = this.#step;
    const isDue = nowMs - writtenMs >= intervalMs || update.done === update.total;
    if (isDue) this.#writeLine(update, startedMs, nowMs);
    this.#step = { name, startedMs, writtenMs: isDue ? nowMs : writtenMs, pending: isDue ? null : update };
  }

  /** A step ends with what it came to. */
  stop(): void {
    if (this.#step !== null && this.#step.pending !== null)
      this.#writeLine(this.#step.pending, this.#step.startedMs, this.#clock());
    this.#step = null;
  }

  #writeLine({ sync, runId, step, done, total }: ProgressUpdate, startedMs: number, nowMs: number): void {
    const { rowsPerSecond, secondsLeft } = progressRate({ done, total }, nowMs - startedMs);
    const at = new Date(nowMs).toISOString();
    this.#write(JSON.stringify({ event: 'progress', at, sync, runId, step, done, total, rowsPerSecond, secondsLeft }));
  }
}
