import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { useLive } from '../hooks/live.tsx';
import { useLocation } from '../hooks/router.ts';
import { useSession } from '../hooks/session.tsx';
import { ErrorNotice } from '../parts/notices.tsx';
import { Header } from './header.tsx';

/** What stands around every view: header, problems of the daemon, footer. */
export function Frame({ children }: { readonly children: ComponentChildren }) {
  const { path } = useLocation();
  useEffect(() => window.scrollTo(0, 0), [path]);
  return (
    <>
      <a class="skip-link" href="#content">
        Skip to content
      </a>
      <Header />
      <main class="content" id="content" tabIndex={-1}>
        <Problem />
        {children}
      </main>
      <Foot />
    </>
  );
}

function Foot() {
  const { session } = useSession();
  const { version = null, hubAddress = null } = session ?? {};
  return (
    <footer class="page-foot">
      panelsync {version} {hubAddress === null ? null : <>· sends to {hubAddress}</>} ·{' '}
      <a href="/api/openapi.json" target="_blank" rel="noreferrer">
        API
      </a>
    </footer>
  );
}

/** What keeps the daemon from working, on every view. */
function Problem() {
  const { problem, connection } = useLive();
  return problem === null || connection === 'lost' ? null : <ErrorNotice error={problem} />;
}
