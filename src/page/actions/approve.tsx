import { formatNumber, formatPeople, pluralize } from '../../lib/format.ts';
import { postJson } from '../api/client.ts';
import type { Approval, RunDocument } from '../api/documents.ts';
import { navigate } from '../hooks/router.ts';
import { Icon } from '../parts/icon.tsx';
import { When } from '../parts/when.tsx';
import { runAddress } from '../shell/addresses.ts';
import { ActionButton, noteOf } from './action-button.tsx';

/** A run that a guard stopped: what its plan holds, and the button that sends it all the same. */
export function ApprovalNotice({ run, approval }: { readonly run: RunDocument; readonly approval: Approval }) {
  const { inserts, updates, removed } = approval;
  const action = async (reason: string): Promise<void> => {
    const path = `/api/runs/${encodeURIComponent(run.runId)}/approve`;
    const { runId } = await postJson<{ readonly runId: string }>(path, noteOf(reason));
    navigate(runAddress(runId));
  };
  return (
    <section class="notice tone-warn" aria-label="Approval">
      <Icon name="hand" />
      <div>
        <p class="notice-title">{titles[approval.state]}</p>
        <ApprovalText approval={approval} />
        {approval.state === 'waiting' ? (
          <ActionButton
            words="Approve and send"
            isMain
            title={`Send the plan of run ${run.runId}?`}
            confirm={`Send ${pluralize(inserts + updates, 'change')}`}
            asksReason
            action={action}
          >
            <p>
              panelsync sends exactly the saved plan: {formatNumber(inserts)} to insert and {formatNumber(updates)} to
              update. {formatPeople(removed)} of the snapshot left the model; nobody is deleted in the Hub.
            </p>
            <p>
              If the model, the snapshot or the configuration changed since, nothing is sent, and you see what differs.
            </p>
          </ActionButton>
        ) : null}
      </div>
    </section>
  );
}

const titles: Readonly<Record<Approval['state'], string>> = {
  waiting: 'The plan of this run is saved and waits for approval.',
  approved: 'The plan of this run was approved.',
  drifted: 'The plan of this run was approved, but no longer fits.',
  expired: 'The plan of this run is too old to be approved.',
};

function ApprovalText({ approval: { state, inserts, updates, removed, by, at } }: { readonly approval: Approval }) {
  if (state === 'waiting') {
    return (
      <p>
        {formatNumber(inserts)} to insert, {formatNumber(updates)} to update, {formatPeople(removed)} left the model.
      </p>
    );
  }
  return (
    <p>
      {by === null ? null : `By ${by} `}
      {at === null ? null : <When at={at} />}
      {state === 'drifted' ? ' Nothing was sent. Run the sync to make a new plan.' : null}
    </p>
  );
}
