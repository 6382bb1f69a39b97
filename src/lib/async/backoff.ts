const firstMs = 1000;
const usualLongestMs = 30_000;

/** How long to wait after so many failures in a row: twice as long each time, and never quite alike for two who wait. */
export function backoffMs(failures: number, random: () => number = Math.random, longestMs = usualLongestMs): number {
  const most = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 10));
  return Math.round(most * (0.5 + random() / 2));
}
