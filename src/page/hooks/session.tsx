import { createContext } from 'preact';
import type { ComponentChildren } from 'preact';
import { useCallback, useContext, useEffect, useMemo, useRef, useState } from 'preact/hooks';
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
  /** Reads it again; resolves in any case. */
  readonly refresh: () => Promise<void>;
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
  const latest = useRef(session);
  latest.current = session;
  const read = useCallback(async (): Promise<void> => {
    try {
      const known = await getJson<Session>('/api/session');
      if (known.access === 'none' && (latest.current?.access ?? 'none') !== 'none') setHasEnded(true);
      setSession(known);
      setError(null);
    } catch (failure) {
      setError(toApiError(failure));
    }
  }, []);
  useRetries(read, error);
  const value = useMemo<SessionContext>(() => {
    const adopt = (known: Session): void => {
      setSession(known);
      setHasEnded(false);
    };
    return { session, error, hasEnded, refresh: read, ...sessionActions(adopt) };
  }, [session, error, hasEnded, read]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

type SessionActions = Pick<SessionContext, 'signIn' | 'signOut' | 'showPeople' | 'hidePeople'>;

/** Each answers with the session as it is afterwards. */
function sessionActions(adopt: (session: Session) => void): SessionActions {
  const post = async (path: string, body: object): Promise<void> => adopt(await postJson<Session>(path, body));
  return {
    signIn: (token) => post('/api/session', { token }),
    signOut: () => post('/api/session/end', {}),
    showPeople: (reason) => post('/api/session/people', reason === '' ? {} : { reason }),
    hidePeople: () => post('/api/session/people', { hide: true }),
  };
}

/** Reads now, whenever a request finds the session gone, and again until the daemon answers. */
function useRetries(read: () => Promise<void>, error: ApiError | null): void {
  useEffect(() => {
    const onEnded = (): void => void read();
    onEnded();
    sessionEvents.addEventListener('ended', onEnded);
    return () => sessionEvents.removeEventListener('ended', onEnded);
  }, [read]);
  useEffect(() => {
    if (error === null) return undefined;
    const timer = window.setTimeout(() => void read(), retryMs);
    return () => window.clearTimeout(timer);
  }, [read, error]);
}
