import type { FreshnessReport } from '../../core/model/freshness/data-freshness.ts';
import { formatDuration, formatTimestamp } from '../../lib/format.ts';
import { useNow } from '../hooks/use-now.ts';

/** How old the newest data is now: `4 h 2 min`, and the limit where it is over it. */
export function DataAge({ freshness }: { readonly freshness: FreshnessReport }) {
  return <DataAgeAt freshness={freshness} atMs={useNow()} />;
}

/** The same at some other time. */
export function DataAgeAt({ freshness, atMs }: { readonly freshness: FreshnessReport; readonly atMs: number }) {
  const { column, newestAt, maxAgeSeconds, stale } = freshness;
  if (newestAt === null) return <span class="ink-warn">no row has a time in {column}</span>;
  const age = formatDuration(Math.max(0, atMs - Date.parse(newestAt)) / 1000);
  const limit = stale ? `, limit ${formatDuration(maxAgeSeconds)}` : '';
  return (
    <time dateTime={newestAt} title={`Newest ${column}: ${formatTimestamp(newestAt)}`} class={stale ? 'ink-warn' : ''}>
      {age}
      {limit}
    </time>
  );
}
