import { useLocation } from '../hooks/router.ts';
import { Empty } from '../parts/notices.tsx';
import { Audit } from '../views/audit.tsx';
import { Overview } from '../views/overview/overview.tsx';
import { PersonView } from '../views/person/person.tsx';
import { RunView } from '../views/run/run.tsx';
import { SyncView } from '../views/sync/sync.tsx';
import { PageTitle } from './page-title.tsx';

/** The view that the address names. */
export function CurrentView() {
  const { path } = useLocation();
  const [, view, name = '', ...rest] = path.split('/').map(decode);
  if (path === '/') return <Overview />;
  if (path === '/people') return <PersonView />;
  if (path === '/audit') return <Audit />;
  if (rest.length === 0 && name !== '') {
    if (view === 'syncs') return <SyncView key={name} name={name} />;
    if (view === 'runs') return <RunView key={name} runId={name} />;
  }
  return <UnknownAddress />;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function UnknownAddress() {
  return (
    <>
      <PageTitle title="Not found" />
      <Empty title="There is no page at this address.">
        <a href="/">Go to the syncs</a>
      </Empty>
    </>
  );
}
