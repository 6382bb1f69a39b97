import { setMaxListeners } from 'node:events';

export interface LinkedSignal {
  readonly signal: AbortSignal;
  readonly abort: () => void;
  /** Detaches from the sources; AbortSignal.any of Node 20 would stay attached as long as they live. */
  readonly release: () => void;
}

/** A signal that aborts with the first of `sources`. */
export function linkSignals(sources: readonly AbortSignal[]): LinkedSignal {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  // Node warns of a leak at eleven listeners, and there may be more.
  setMaxListeners(0, ...sources);
  for (const source of sources) source.addEventListener('abort', abort);
  if (sources.some((source) => source.aborted)) abort();
  const release = (): void => {
    for (const source of sources) source.removeEventListener('abort', abort);
  };
  return { signal: controller.signal, abort, release };
}
