import { useSession } from '../hooks/session.tsx';
import { Badge } from '../parts/badge.tsx';
import { Icon } from '../parts/icon.tsx';
import { ActionButton } from './action-button.tsx';

/** Whether names, e-mails and phones are masked, and the way to see them. */
export function PeopleSwitch() {
  const { session, showPeople, hidePeople } = useSession();
  if (session === null || session.people === 'hidden') return null;
  if (session.access === 'read') return <Badge tone="quiet">Read only</Badge>;
  if (session.people === 'shown') {
    return (
      <button type="button" class="button" onClick={() => void hidePeople()}>
        <Icon name="eye" />
        Hide people
      </button>
    );
  }
  return (
    <ActionButton words="Show people" icon="eye" title="Show people?" asksReason action={showPeople}>
      <p>
        E-mails, names and phone numbers are masked. Show them in this browser for an hour. That you did so goes on
        record, with the time and your reason.
      </p>
    </ActionButton>
  );
}
