const unitsMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time span such as `90s`, `30m`, `26h` or `3d`. */
export const durationPattern = /^(\d{1,6})([smhd])$/;

/** Timers count milliseconds in 31 bits; a longer one would fire at once. */
export const maxTimerMs = 2_147_483_647;

/** In milliseconds; `null`: not a time span, or one of no length. */
export function parseDuration(text: string): number | null {
  const [, count = '', unit = ''] = durationPattern.exec(text) ?? [];
  const durationMs = Number(count) * (unitsMs[unit] ?? 0);
  return durationMs > 0 ? durationMs : null;
}
