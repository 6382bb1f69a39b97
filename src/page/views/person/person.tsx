/** A person: what every run did with them, and why. */

import { useEffect, useRef } from 'preact/hooks';
import { apiPath } from '../../api/client.ts';
import type { PersonEvent } from '../../api/documents.ts';
import { navigate, useLocation } from '../../hooks/router.ts';
import { useSession } from '../../hooks/session.tsx';
import { useResource } from '../../hooks/use-resource.ts';
import { Empty, ErrorNotice, Skeleton } from '../../parts/notices.tsx';
import { personAddress, syncAddress } from '../../shell/addresses.ts';
import { PageTitle } from '../../shell/page-title.tsx';
import { TimelineEvent } from './timeline-event.tsx';

export function PersonView() {
  const email = useLocation().query.get('email');
  const { session } = useSession();
  if (session?.people === 'hidden') {
    return (
      <>
        <PageTitle title="People" />
        <Empty title="Looking people up needs a token.">
          Set <code>server.token</code> and restart the daemon.
        </Empty>
      </>
    );
  }
  return (
    <>
      <PageTitle title="People" />
      <SearchForm email={email} />
      {email === null ? (
        <Empty title="Search for one person.">
          Their timeline shows each run that did something with them, and why.
        </Empty>
      ) : (
        <Timelines email={email} />
      )}
    </>
  );
}

function SearchForm({ email }: { readonly email: string | null }) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (input.current !== null) input.current.value = email ?? '';
  }, [email]);
  const submit = (event: Event): void => {
    event.preventDefault();
    const wanted = input.current?.value.trim() ?? '';
    if (wanted !== '') navigate(personAddress(wanted));
  };
  return (
    <form class="person-search" role="search" onSubmit={submit}>
      <label for="email">E-mail</label>
      <input ref={input} id="email" type="text" inputMode="email" autocomplete="off" spellcheck={false} />
      <button type="submit" class="button button-main">
        Search
      </button>
    </form>
  );
}

function Timelines({ email }: { readonly email: string }) {
  const { session } = useSession();
  const { data, error } = useResource<readonly PersonEvent[]>(apiPath('/api/people', { email }), session?.people);
  if (error?.code === 'unknown_person') return <Empty title={error.message}>{error.hint}</Empty>;
  if (error !== null) return <ErrorNotice error={error} />;
  if (data === null) return <Skeleton lines={8} label="Reading the timeline" />;
  const syncs = [...new Set(data.map(({ sync }) => sync))];
  return (
    <>
      {syncs.map((sync) => (
        <section key={sync} class="card timeline-card">
          <h2>{sync === null ? 'All syncs' : <a href={syncAddress(sync)}>{sync}</a>}</h2>
          <ol class="timeline">
            {data
              .filter((event) => event.sync === sync)
              .toReversed()
              .map((event, at) => (
                <TimelineEvent key={at} event={event} />
              ))}
          </ol>
        </section>
      ))}
    </>
  );
}
