import type { RefObject } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { toApiError } from '../api/client.ts';
import type { ApiError } from '../api/client.ts';
import { useSession } from '../hooks/session.tsx';
import { PageTitle } from '../shell/page-title.tsx';

/** Asks for a token of the daemon. */
export function SignIn() {
  const { hasEnded } = useSession();
  const input = useRef<HTMLInputElement>(null);
  const { error, waiting, submit } = useSubmission(input);
  return (
    <main class="entrance">
      <form class="card sign-in" onSubmit={(event) => void submit(event)}>
        <p class="wordmark">panelsync</p>
        <PageTitle title="Sign in" />
        {hasEnded ? <p>Your session has ended. Sign in again to go on.</p> : null}
        <label for="token">Token</label>
        <input
          ref={input}
          id="token"
          type="password"
          autocomplete="current-password"
          required
          aria-describedby="note"
        />
        <TokenNote />
        <p class="field-error" role="alert">
          {error === null ? '' : describeFailure(error)}
        </p>
        <button type="submit" class="button button-main" disabled={waiting}>
          {waiting ? 'Signing in' : 'Sign in'}
        </button>
      </form>
    </main>
  );
}

function useSubmission(input: RefObject<HTMLInputElement | null>) {
  const { signIn } = useSession();
  const [error, setError] = useState<ApiError | null>(null);
  const [waiting, setWaiting] = useState(false);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setWaiting(true);
    setError(null);
    try {
      await signIn(input.current?.value.trim() ?? '');
    } catch (failure) {
      setError(toApiError(failure));
      setWaiting(false);
      input.current?.select();
    }
  };
  return { error, waiting, submit };
}

function TokenNote() {
  return (
    <p id="note" class="field-note">
      The value of <code>server.token</code>, or of <code>server.readToken</code> to look only.
    </p>
  );
}

/** What the API suggests to programs, headers, helps nobody here. */
function describeFailure({ code, message, hint }: ApiError): string {
  return `${message} ${code === 'unauthorized' ? 'Check it and try again.' : hint}`;
}
