import { useLive } from '../hooks/live.tsx';
import { useLocation } from '../hooks/router.ts';
import { useSession } from '../hooks/session.tsx';
import { PeopleSwitch } from '../actions/people-switch.tsx';
import { ThemeSwitch } from './theme-switch.tsx';

const views = [
  { name: 'Syncs', address: '/', pattern: /^\/($|syncs\/|runs\/)/ },
  { name: 'People', address: '/people', pattern: /^\/people/ },
  { name: 'Audit', address: '/audit', pattern: /^\/audit/ },
] as const;

export function Header() {
  const { path } = useLocation();
  return (
    <header class="header">
      <div class="header-inner">
        <a class="wordmark" href="/">
          panelsync
        </a>
        <nav aria-label="Views">
          <ul class="nav">
            {views.map(({ name, address, pattern }) => (
              <li key={name}>
                <a href={address} aria-current={pattern.test(path) ? 'page' : undefined}>
                  {name}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div class="header-end">
          <Connection />
          <PeopleSwitch />
          <ThemeSwitch />
          <SignOut />
        </div>
      </div>
    </header>
  );
}

const connectionWords = { connecting: 'Connecting', live: 'Live', lost: 'Connection lost' } as const;

function Connection() {
  const { connection } = useLive();
  return (
    <span class={`connection connection-${connection}`} role="status">
      <span class="connection-dot" />
      <span class="connection-words">{connectionWords[connection]}</span>
    </span>
  );
}

function SignOut() {
  const { session, signOut } = useSession();
  if (session?.tokenRequired !== true) return null;
  return (
    <button type="button" class="button button-plain" onClick={() => void signOut()}>
      Sign out
    </button>
  );
}
