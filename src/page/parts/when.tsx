import { formatTimestamp } from '../../lib/format.ts';
import { useNow } from '../hooks/use-now.ts';
import { formatRelative } from './relative-time.ts';

/** A moment: relative to now, with the exact time on hover and for machines. */
export function When({ at }: { readonly at: string }) {
  const now = useNow();
  const exact = formatTimestamp(at);
  return (
    <time dateTime={at} title={exact}>
      {formatRelative(Date.parse(at), now)}
    </time>
  );
}

/** A moment where relative times would all read alike: `2026-11-23 20:50:07Z`. */
export function ExactTime({ at }: { readonly at: string }) {
  return <time dateTime={at}>{formatTimestamp(at)}</time>;
}
