import { LiveProvider } from '../hooks/live.tsx';
import { followLink } from '../hooks/router.ts';
import { SessionProvider, useSession } from '../hooks/session.tsx';
import { ErrorNotice, Skeleton } from '../parts/notices.tsx';
import { SignIn } from '../views/sign-in.tsx';
import { Frame } from './frame.tsx';
import { CurrentView } from './current-view.tsx';

export function App() {
  return (
    <div class="app" onClick={followLink}>
      <SessionProvider>
        <Entrance />
      </SessionProvider>
    </div>
  );
}

/** Who may look sees the page; others are asked to sign in. */
function Entrance() {
  const { session, error } = useSession();
  if (session === null) {
    return (
      <main class="entrance">
        {error === null ? <Skeleton lines={3} label="Loading" /> : <ErrorNotice error={error} />}
      </main>
    );
  }
  if (session.access === 'none') return <SignIn />;
  return (
    <LiveProvider>
      <Frame>
        <CurrentView />
      </Frame>
    </LiveProvider>
  );
}
