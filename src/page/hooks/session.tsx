import { createContext } from 'preact';
import type { ComponentChildren } from 'preact';
import { useCallback, useContext, useEffect, useMemo, useState } from 'preact/hooks';
import { getJson, postJson, sessionEvents, toApiError } from '../api/client.ts';
import type { ApiError } from '../api/client.ts';
import type { Session } from '../api/documents.ts';

export interface SessionContext {
  /** `null` until it is known. */
  readonly session: Session | null;
  /** Why it is not known. */
  readonly error: ApiError | null;
  /** Whether it ended while the page was open. */
  readonly hasEnded: boolean;
  readonly refresh: () => void;
  readonly signIn: (token: string) => Promise<void>;
  readonly signOut: () => Promise<void>;
  readonly showPeople: (reason: string) => Promise<void>;
  readonly hidePeople: () => Promise<void>;
}

const Context = createContext<SessionContext | null>(null);

export function useSession(): SessionContext {
  const context = useContext(Context);
  if (context === null) throw new Error('there is no SessionProvider');
  return context;
}

const retryMs = 2000;

export function SessionProvider({ children }: { readonly children: ComponentChildren }) {
  const [session, setSession] = useState<Session | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [hasEnded, setHasEnded] = useState(false);
  const read = useSessionReader((known) => {
    if (known.access === 'none' && session !== null && session.access !== 'none') setHasEnded(true);
    setSession(known);
    setError(null);
  }, setError);
  useEffect(() => {
    sessionEvents.addEventListener('ended', read);
    return () => sessionEvents.removeEventListener('ended', read);
  }, [read]);
  const value = useMemo<SessionContext>(() => {
    const post = async (path: string, body: object): Promise<void> => setSession(await postJson<Session>(path, body));
    return {
      session,
      error,
      hasEnded,
      refresh: read,
      signIn: async (token) => {
        await post('/api/session', { token });
        setHasEnded(false);
      },
      signOut: async () => {
        await post('/api/session/end', {});
        setHasEnded(false);
      },
      showPeople: (reason) => post('/api/session/people', reason === '' ? {} : { reason }),
      hidePeople: () => post('/api/session/people', { hide: true }),
    };
  }, [session, error, hasEnded, read]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

/** Reads the session now, and again until the daemon answers. */
function useSessionReader(
  setSession: (session: Session) => void,
  setError: (error: ApiError | null) => void,
): () => void {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    let timer = 0;
    getJson<Session>('/api/session', abort.signal).then(setSession, (error: unknown) => {
      if (abort.signal.aborted) return;
      setError(toApiError(error));
      timer = window.setTimeout(() => setVersion((count) => count + 1), retryMs);
    });
    return () => {
      abort.abort();
      window.clearTimeout(timer);
    };
  }, [version]);
  return useCallback(() => setVersion((count) => count + 1), []);
}
