import type { RunProgress } from '../../core/ports/observer.ts';

export interface ProgressRate {
  /** `null` while a step has just begun. */
  readonly rowsPerSecond: number | null;
  /** `null` while nobody can know. */
  readonly secondsLeft: number | null;
}

/** How fast a step is that has taken so long, and how long it takes at that rate. */
export function progressRate({ done, total }: Pick<RunProgress, 'done' | 'total'>, elapsedMs: number): ProgressRate {
  const rowsPerSecond = elapsedMs > 0 ? Math.round((done / elapsedMs) * 10_000) / 10 : null;
  const canEstimate = total !== null && rowsPerSecond !== null && rowsPerSecond > 0;
  return { rowsPerSecond, secondsLeft: canEstimate ? Math.ceil((total - done) / rowsPerSecond) : null };
}
