import { useState } from 'preact/hooks';
import { formatNumber, formatPeople, pluralize } from '../../../lib/format.ts';
import { postJson, toApiError } from '../../api/client.ts';
import type { ApiError } from '../../api/client.ts';
import type { PlanDocument } from '../../api/documents.ts';
import { useSession } from '../../hooks/session.tsx';
import { Badge } from '../../parts/badge.tsx';
import { FieldDiff, KeptFields } from '../../parts/changes.tsx';
import { Empty, ErrorNotice, Skeleton } from '../../parts/notices.tsx';
import { RowBar, RowIdentity } from '../../parts/outcomes/row-bar.tsx';

const changesShown = 50;

/** A plan on demand: what a run would send now. */
export function PlanTab({ path }: { readonly path: string }) {
  const { session } = useSession();
  const [plan, setPlan] = useState<PlanDocument | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const make = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    await postJson<PlanDocument>(path, { limit: changesShown }).then(setPlan, (failure: unknown) =>
      setError(toApiError(failure)),
    );
    setBusy(false);
  };
  if (session?.access !== 'operate') {
    return <Empty title="Making a plan needs server.token.">You are signed in with the token that only reads.</Empty>;
  }
  return (
    <>
      <div class="toolbar">
        <button type="button" class="button" disabled={busy} onClick={() => void make()}>
          {plan === null ? 'Make a plan' : 'Make a new plan'}
        </button>
        <span class="field-note">
          Reads the model and compares; sends nothing.
          {session.people === 'masked' ? ' To see values, show people first.' : ''}
        </span>
      </div>
      <div aria-live="polite">
        {error === null ? null : <ErrorNotice error={error} />}
        {busy ? <Skeleton lines={6} label="Making a plan" /> : null}
        {plan === null || busy ? null : <Plan plan={plan} />}
      </div>
    </>
  );
}

function Plan({ plan: { rows, sample, notes, error } }: { readonly plan: PlanDocument }) {
  const planned = rows.inserted + rows.updated;
  return (
    <div class="plan">
      {error === null ? null : <ErrorNotice error={error} />}
      <h2>
        Plan: {formatNumber(rows.inserted)} to insert, {formatNumber(rows.updated)} to update
      </h2>
      <RowBar rows={rows} height={10} />
      <RowIdentity rows={rows} isPlan />
      {rows.removed === 0 ? null : <p>{formatPeople(rows.removed)} of the snapshot left the model.</p>}
      {notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
      {sample.length === 0 ? null : (
        <h3>{sample.length < planned ? `The first ${sample.length} of ${pluralize(planned, 'change')}` : 'Changes'}</h3>
      )}
      <ul class="changes">
        {sample.map(({ operation, email, fields, kept, renamedFrom }, at) => (
          <li key={at}>
            <Badge tone={operation === 'insert' ? 'good' : 'active'}>
              {renamedFrom === undefined ? operation : 'rename'}
            </Badge>
            <b>{renamedFrom === undefined ? email : `${renamedFrom} → ${email}`}</b>
            <FieldDiff fields={fields} />
            <KeptFields kept={kept} />
          </li>
        ))}
      </ul>
    </div>
  );
}
