import { progressRate } from '../../app/runs/progress-rate.ts';
import type { RunReport } from '../../core/model/terms.ts';
import type { RunProgress } from '../../core/ports/observer.ts';

/** How far a run is. `null`: nobody can know, or only the process of the run does. */
export interface ProgressDocument {
  readonly sync: string;
  readonly runId: string;
  readonly step: RunProgress['step'];
  readonly rowsRead: number | null;
  readonly rowsToSend: number | null;
  readonly rowsSent: number;
  readonly batchesSent: number;
  readonly rowsPerSecond: number | null;
  readonly secondsLeft: number | null;
}

interface OwnRun {
  readonly document: ProgressDocument;
  readonly stepStartedMs: number;
}

/** The progress of the runs of this process, by sync. */
export class OwnProgress {
  readonly #runs = new Map<string, OwnRun>();
  readonly #changed = new Set<string>();

  /** Whether the run is a new one. */
  update(update: RunProgress, nowMs: number): boolean {
    const known = this.#runs.get(update.sync);
    const previous = known?.document.runId === update.runId ? known : null;
    const stepStartedMs = previous?.document.step === update.step ? previous.stepStartedMs : nowMs;
    const document = advance(previous?.document ?? null, update, nowMs - stepStartedMs);
    this.#runs.set(update.sync, { document, stepStartedMs });
    this.#changed.add(update.sync);
    return previous === null;
  }

  remove(sync: string): void {
    this.#runs.delete(sync);
    this.#changed.delete(sync);
  }

  has(sync: string): boolean {
    return this.#runs.has(sync);
  }

  documents(): readonly ProgressDocument[] {
    return [...this.#runs.values()].map(({ document }) => document);
  }

  /** Those that changed since the last call. */
  takeChanged(): readonly ProgressDocument[] {
    const changed = [...this.#changed].flatMap((sync) => this.#runs.get(sync)?.document ?? []);
    this.#changed.clear();
    return changed;
  }
}

function advance(
  previous: ProgressDocument | null,
  { sync, runId, step, done, total }: RunProgress,
  elapsedMs: number,
): ProgressDocument {
  const rate = progressRate({ done, total }, elapsedMs);
  const before = previous ?? { rowsRead: null, rowsToSend: null, rowsSent: 0, batchesSent: 0 };
  const common = { sync, runId, step, ...rate };
  switch (step) {
    case 'read':
      return { ...before, ...common, rowsRead: done, secondsLeft: null };
    case 'send': {
      const isSettled = done > before.rowsSent;
      const batchesSent = before.batchesSent + (isSettled ? 1 : 0);
      return { ...before, ...common, rowsToSend: total, rowsSent: done, batchesSent };
    }
    case 'look':
    case 'plan':
      return { ...before, ...common };
  }
}

/** What the state knows of a run of another process: the batches that are settled. */
export function reportedProgress({ sync, runId, rows, requests, startedAt }: RunReport): ProgressDocument {
  const rowsSent = rows.inserted + rows.updated + rows.rejected;
  const elapsedMs = Date.now() - Date.parse(startedAt);
  return {
    sync,
    runId,
    step: requests.sent > 0 ? 'send' : 'read',
    rowsRead: null,
    rowsToSend: null,
    rowsSent,
    batchesSent: requests.sent - requests.retried,
    rowsPerSecond: rowsSent > 0 && elapsedMs > 0 ? Math.round((rowsSent / elapsedMs) * 10_000) / 10 : null,
    secondsLeft: null,
  };
}
