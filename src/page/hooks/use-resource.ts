import { useCallback, useEffect, useState } from 'preact/hooks';
import { getJson, toApiError } from '../api/client.ts';
import type { ApiError } from '../api/client.ts';

export interface Resource<Document> {
  /** What was read last; stays while it is read again, so that nothing jumps. */
  readonly data: Document | null;
  readonly error: ApiError | null;
  readonly loading: boolean;
  readonly reload: () => void;
}

interface Loaded<Document> {
  readonly path: string | null;
  readonly data: Document | null;
  readonly error: ApiError | null;
}

const retryMs = 3000;

/** Reads a document, again whenever `version` changes, and until it succeeds where the daemon cannot answer now. */
export function useResource<Document>(
  path: string | null,
  version: string | number | null = 0,
  read: (path: string, signal: AbortSignal) => Promise<Document> = getJson,
): Resource<Document> {
  const [loaded, setLoaded] = useState<Loaded<Document>>({ path: null, data: null, error: null });
  const [loading, setLoading] = useState(path !== null);
  const [attempt, setAttempt] = useState(0);
  const reload = useCallback(() => setAttempt((count) => count + 1), []);
  useEffect(() => {
    if (path === null) return undefined;
    const abort = new AbortController();
    let timer = 0;
    setLoading(true);
    const settle = (data: Document | null, error: ApiError | null): void => {
      setLoaded((before) => ({ path, data: data ?? (before.path === path ? before.data : null), error }));
      setLoading(false);
      if (error !== null && isPassing(error)) timer = window.setTimeout(reload, retryMs);
    };
    read(path, abort.signal).then(
      (data) => settle(data, null),
      (error: unknown) => {
        if (!abort.signal.aborted) settle(null, toApiError(error));
      },
    );
    return () => {
      abort.abort();
      window.clearTimeout(timer);
    };
  }, [path, version, attempt, read]);
  const current = loaded.path === path;
  return { data: current ? loaded.data : null, error: current ? loaded.error : null, loading, reload };
}

/** Whether the same request may succeed later. */
function isPassing({ status }: ApiError): boolean {
  return status === 0 || status === 429 || status === 503;
}
