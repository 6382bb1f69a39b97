const baseMs = 1000;
const defaultMaxMs = 30_000;

/** How long to wait after so many failures in a row: twice as long each time, and never quite alike for two who wait. */
export function backoffMs(failures: number, random: () => number = Math.random, maxMs = defaultMaxMs): number {
  const ceilingMs = Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 10));
  return Math.round(ceilingMs * (0.5 + random() / 2));
}
