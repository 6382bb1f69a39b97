import { createContext } from 'preact';
import type { ComponentChildren } from 'preact';
import { useContext, useEffect, useMemo, useState } from 'preact/hooks';
import type { RunError } from '../../core/model/terms.ts';
import type { ApiError } from '../api/client.ts';
import type { Progress, SyncDocument } from '../api/documents.ts';
import { listenToEvents } from '../api/events.ts';
import { useSession } from './session.tsx';
import { useResource } from './use-resource.ts';

export interface Live {
  readonly connection: 'connecting' | 'live' | 'lost';
  /** `null` until they are read. */
  readonly syncs: readonly SyncDocument[] | null;
  /** Why they are not. */
  readonly error: ApiError | null;
  /** Why the daemon cannot report their state now. */
  readonly problem: RunError | null;
  /** Of running syncs, by name. */
  readonly progress: ReadonlyMap<string, Progress>;
}

const Context = createContext<Live | null>(null);

export function useLive(): Live {
  const context = useContext(Context);
  if (context === null) throw new Error('there is no LiveProvider');
  return context;
}

/** Keeps what the daemon reports by itself. The list is asked for as well: it says why where there is none. */
export function LiveProvider({ children }: { readonly children: ComponentChildren }) {
  const { refresh } = useSession();
  const [connection, setConnection] = useState<Live['connection']>('connecting');
  const [reported, setReported] = useState<readonly SyncDocument[] | null>(null);
  const [problem, setProblem] = useState<RunError | null>(null);
  const [progress, setProgress] = useState<ReadonlyMap<string, Progress>>(new Map());
  const [opened, setOpened] = useState(0);
  const asked = useResource<readonly SyncDocument[]>('/api/syncs', opened);
  useEffect(
    () =>
      listenToEvents({
        onOpen: () => {
          setConnection('live');
          setOpened((count) => count + 1);
        },
        onSyncs: (syncs) => {
          setReported(syncs);
          setProblem(null);
          setProgress((before) => onlyRunning(before, syncs));
        },
        onProgress: (current) => setProgress((before) => new Map(before).set(current.sync, current)),
        onUnavailable: setProblem,
        onLost: () => {
          setConnection('lost');
          // It can mean that the session is over. Anybody may ask, so no request is refused for that.
          return refresh();
        },
      }),
    [refresh],
  );
  const value = useMemo<Live>(
    () => ({ connection, syncs: reported ?? asked.data, error: asked.error, problem, progress }),
    [connection, reported, asked.data, asked.error, problem, progress],
  );
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

function onlyRunning(
  progress: ReadonlyMap<string, Progress>,
  syncs: readonly SyncDocument[],
): ReadonlyMap<string, Progress> {
  const running = new Set(syncs.filter((sync) => sync.running).map((sync) => sync.sync));
  return new Map([...progress].filter(([sync]) => running.has(sync)));
}
