/** What is compared between runs. Changes are what a run planned to send, whether or not it arrived. */
export const comparedCounts = ['read', 'changed', 'invalid', 'removed'] as const;
type ComparedCount = (typeof comparedCounts)[number];

/** A run that was not stopped and has not failed. */
export interface ComparedRun extends Readonly<Record<ComparedCount, number>> {
  readonly finishedAt: Date;
}

export interface UnusualCount {
  readonly count: ComparedCount;
  readonly value: number;
  /** Of the runs before. */
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** How many runs a run is compared with, and how many it takes to know what is usual. */
export const maxComparedRuns = 30;
const minComparedRuns = 10;

/** Runs at the same time of the day before and of the week before show a rhythm. */
export const rhythmHours = [24, 24 * 7] as const;
export const rhythmToleranceMs = 3_600_000;

/** Fewer invalid rows, or fewer people who left, are no reason to look. */
const onlyHigh: ReadonlySet<ComparedCount> = new Set(['invalid', 'removed']);

const maxDeviations = 6;
/** A median absolute deviation times this is the standard deviation of what is distributed normally. */
const deviationFactor = 1.4826;
const minDistance = 20;
const minShareOfMedian = 0.1;
const minShareOfRead = 0.001;

/**
 * The counts of a run that are far from those of the runs before: see docs/watching.md. `earlier` is newest first, and
 * may go on beyond the runs that are compared with those that show a rhythm.
 */
export function findUnusual(run: ComparedRun, earlier: readonly ComparedRun[]): readonly UnusualCount[] {
  const window = earlier.slice(0, maxComparedRuns);
  if (window.length < minComparedRuns) return [];
  const sameTimes = rhythmHours.flatMap((hours) => nearestRun(earlier, run.finishedAt.getTime() - hours * 3_600_000));
  const readMedian = medianOf(window.map(({ read }) => read));
  return comparedCounts.flatMap((count) => {
    const values = window.map((other) => other[count]).toSorted((a, b) => a - b);
    const median = medianOf(values);
    const value = run[count];
    const distance = value - median;
    if (!isFar(distance, values, readMedian) || isWithin(value, values)) return [];
    if (distance < 0 && onlyHigh.has(count)) return [];
    if (sameTimes.some((other) => hasSameRhythm(distance, other[count] - median))) return [];
    return [{ count, value, median, least: values[0] ?? 0, most: values.at(-1) ?? 0 }];
  });
}

function isFar(distance: number, values: readonly number[], readMedian: number): boolean {
  const median = medianOf(values);
  const spread = deviationFactor * medianOf(values.map((value) => Math.abs(value - median)));
  const usual = Math.max(maxDeviations * spread, minDistance, minShareOfMedian * median, minShareOfRead * readMedian);
  return Math.abs(distance) > usual;
}

/** At least two runs went as far: one that was unusual itself does not make the next one usual. */
function isWithin(value: number, sorted: readonly number[]): boolean {
  return value >= (sorted[1] ?? 0) && value <= (sorted.at(-2) ?? 0);
}

/** Another run at this time of day or week went at least half as far, to the same side. */
function hasSameRhythm(distance: number, otherDistance: number): boolean {
  return Math.sign(distance) === Math.sign(otherDistance) && Math.abs(distance) <= 2 * Math.abs(otherDistance);
}

function nearestRun(runs: readonly ComparedRun[], atMs: number): readonly ComparedRun[] {
  const distanceOf = ({ finishedAt }: ComparedRun): number => Math.abs(finishedAt.getTime() - atMs);
  const near = runs.filter((run) => distanceOf(run) <= rhythmToleranceMs);
  return near.toSorted((a, b) => distanceOf(a) - distanceOf(b)).slice(0, 1);
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}
