/** Times as people read them on a page: how long ago, how long until, how long it took. */

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** `12 s ago`, `in 3 min`, `5 h ago`, `3 days ago`; older than two months, the day itself. */
export function formatRelative(atMs: number, nowMs: number): string {
  const distanceMs = Math.abs(nowMs - atMs);
  if (distanceMs < 5000) return 'now';
  if (distanceMs > 60 * dayMs) return new Date(atMs).toISOString().slice(0, 10);
  const span = coarseSpan(distanceMs);
  return atMs > nowMs ? `in ${span}` : `${span} ago`;
}

/** How long something took: `840 ms`, `3.2 s`, `2 min 5 s`, `1 h 4 min`. */
export function formatElapsed(durationMs: number): string {
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 60_000) return `${(durationMs / 1000).toFixed(durationMs < 10_000 ? 1 : 0)} s`;
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

function coarseSpan(ms: number): string {
  if (ms < minuteMs) return `${Math.round(ms / 1000)} s`;
  if (ms < hourMs) return `${Math.floor(ms / minuteMs)} min`;
  if (ms < dayMs) return `${Math.floor(ms / hourMs)} h`;
  const days = Math.floor(ms / dayMs);
  return days === 1 ? '1 day' : `${days} days`;
}
