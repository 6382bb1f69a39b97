import type { Approval, RunReport } from '../../core/model/terms.ts';
import { formatNumber, formatPeople, pluralize } from '../../lib/format.ts';
import { ApiError, postJson } from '../api/client.ts';
import { navigate } from '../hooks/router.ts';
import { Icon } from '../parts/icon.tsx';
import { When } from '../parts/when.tsx';
import { runAddress } from '../shell/addresses.ts';
import { ActionButton, noteOf } from './action-button.tsx';

interface ApprovalProps {
  readonly run: RunReport;
  readonly approval: Approval;
}

/** A run that a guard stopped: what its plan holds, and the button that sends it all the same. */
export function ApprovalNotice({ run, approval }: ApprovalProps) {
  return (
    <section class="notice tone-warn" aria-label="Approval">
      <Icon name="hand" />
      <div>
        <p class="notice-title">{titles[approval.state]}</p>
        {approval.state === 'waiting' ? (
          <>
            <p>{describePlan(approval)}.</p>
            <Approve run={run} approval={approval} />
          </>
        ) : (
          <ApprovalRecord approval={approval} />
        )}
      </div>
    </section>
  );
}

const titles: Readonly<Record<Approval['state'], string>> = {
  waiting: 'The plan of this run is saved and waits for approval.',
  approved: 'The plan of this run was approved.',
  drifted: 'The plan of this run was approved, but no longer applied. Nothing was sent.',
  expired: 'The plan of this run can no longer be approved: a newer one was made, or it was deleted.',
};

function Approve({ run: { runId }, approval }: ApprovalProps) {
  const { inserts, updates, marks, restores, removed } = approval;
  const action = async (reason: string): Promise<void> => {
    const path = `/api/runs/${encodeURIComponent(runId)}/approve`;
    const started = await postJson<{ readonly runId: string }>(path, noteOf(reason)).catch(runOfDrift);
    navigate(runAddress(started.runId));
  };
  return (
    <ActionButton
      words="Approve and send"
      isMain
      title={`Send the plan of run ${runId}?`}
      confirm={`Send ${pluralize(inserts + updates + marks + restores, 'change')}`}
      asksReason
      action={action}
    >
      <p>panelsync sends exactly the saved plan: {describePlan(approval)}.</p>
      {removed === 0 ? null : (
        <p>{formatPeople(removed)} of the snapshot left the model. Nobody is deleted in the Hub.</p>
      )}
      <p>
        If the plan comes out differently by now, nothing is sent: you see what differs, and can approve it as it is
        then.
      </p>
    </ActionButton>
  );
}

/** The run that found the drift says what has drifted, and has the plan as it is now, to be approved in its turn. */
function runOfDrift(error: unknown): { readonly runId: string } {
  if (error instanceof ApiError && error.code === 'plan_moved' && error.runId !== null) return { runId: error.runId };
  throw error;
}

function describePlan({ inserts, updates, marks, restores, limit }: Approval): string {
  const parts = [`${formatNumber(inserts)} to insert`, `${formatNumber(updates)} to update`];
  if (marks > 0) parts.push(`${formatNumber(marks)} to mark as removed`);
  if (restores > 0) parts.push(`${formatNumber(restores)} to restore`);
  if (limit !== null) parts.push(`at most ${pluralize(limit, 'change')}`);
  return parts.join(', ');
}

function ApprovalRecord({ approval: { state, by, at, reason, runId } }: Pick<ApprovalProps, 'approval'>) {
  return (
    <p>
      {by === null ? null : `By ${by} `}
      {at === null ? null : <When at={at} />}
      {reason === null ? null : `: ${reason}`}
      {runId === null ? null : (
        <>
          . See <a href={runAddress(runId)}>run {runId}</a>
          {state === 'drifted' ? ', which has the plan as it was then' : null}
        </>
      )}
    </p>
  );
}
