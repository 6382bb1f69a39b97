import { formatNumber, pluralize } from '../../lib/format.ts';
import { postJson } from '../api/client.ts';
import type { SyncDocument } from '../api/documents.ts';
import { navigate } from '../hooks/router.ts';
import { When } from '../parts/when.tsx';
import { runAddress } from '../shell/addresses.ts';
import { ActionButton, noteOf } from './action-button.tsx';

/** What can be done with a sync by hand. */
export function SyncActions({ sync }: { readonly sync: SyncDocument }) {
  return (
    <div class="actions">
      <RunNow sync={sync} />
      {sync.paused ? <Resume sync={sync} /> : <Pause sync={sync} />}
    </div>
  );
}

function RunNow({ sync: { sync, lastRun, running, paused, snapshot } }: { readonly sync: SyncDocument }) {
  const action = async (): Promise<void> => {
    const { runId } = await postJson<{ readonly runId: string }>(`/api/syncs/${encodeURIComponent(sync)}/runs`);
    navigate(runAddress(runId));
  };
  return (
    <ActionButton
      words="Run now"
      icon="play"
      isMain
      disabled={running || paused}
      title={`Run ${sync} now?`}
      action={action}
    >
      <p>
        panelsync reads the model
        {lastRun === null ? '' : ` (${pluralize(lastRun.rows.read, 'row')} in the last run)`}, compares it with the{' '}
        {formatNumber(snapshot)} people in the snapshot, and sends what changed. Its guards apply.
      </p>
      <p>Make a plan first to see the exact changes without sending anything.</p>
    </ActionButton>
  );
}

function Pause({ sync: { sync, nextRunAt } }: { readonly sync: SyncDocument }) {
  const action = async (reason: string): Promise<void> => {
    await postJson(`/api/syncs/${encodeURIComponent(sync)}/pause`, noteOf(reason));
  };
  return (
    <ActionButton words="Pause" icon="pause" title={`Pause ${sync}?`} asksReason action={action}>
      <p>
        No scheduled run starts until somebody resumes the sync
        {nextRunAt === null ? (
          ''
        ) : (
          <>
            ; the next one would be <When at={nextRunAt} />
          </>
        )}
        . A run that is under way goes on.
      </p>
    </ActionButton>
  );
}

function Resume({ sync: { sync, schedule } }: { readonly sync: SyncDocument }) {
  const action = async (): Promise<void> => {
    await postJson(`/api/syncs/${encodeURIComponent(sync)}/resume`);
  };
  return (
    <ActionButton words="Resume" icon="play" title={`Resume ${sync}?`} action={action}>
      <p>
        {schedule === null ? 'The sync can be run by hand again.' : `Runs start again on the schedule ${schedule}.`}
      </p>
    </ActionButton>
  );
}

/** Lets the next run send rejected rows again, changed or not. */
export function RetryRejected({ sync: { sync, rejections } }: { readonly sync: SyncDocument }) {
  const action = async (reason: string): Promise<void> => {
    await postJson(`/api/syncs/${encodeURIComponent(sync)}/retry`, noteOf(reason));
  };
  return (
    <ActionButton
      words="Retry rejected rows"
      disabled={rejections === 0}
      title="Retry rejected rows?"
      confirm={`Retry ${pluralize(rejections, 'row')}`}
      asksReason
      action={action}
    >
      <p>
        The next run checks {pluralize(rejections, 'rejected row')} of {sync} again and sends those that are valid, even
        if they have not changed. Rows that the Hub refuses again stay rejected.
      </p>
    </ActionButton>
  );
}
