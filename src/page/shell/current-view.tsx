import { useLocation } from '../hooks/router.ts';
import { Empty } from '../parts/notices.tsx';
import { Overview } from '../views/overview/overview.tsx';
import { PageTitle } from './page-title.tsx';

/** The view that the address names. */
export function CurrentView() {
  const { path } = useLocation();
  if (path === '/') return <Overview />;
  return <UnknownAddress />;
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
