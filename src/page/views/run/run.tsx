/** A run: what became of its rows, its steps, its batches, and every row that was not delivered. */

import { formatPeople } from '../../../lib/format.ts';
import { ApprovalNotice } from '../../actions/approve.tsx';
import type { RunDocument } from '../../api/documents.ts';
import { useLive } from '../../hooks/live.tsx';
import { useResource } from '../../hooks/use-resource.ts';
import { RunBadge } from '../../parts/badge.tsx';
import { Facts } from '../../parts/facts.tsx';
import { ErrorNotice, Skeleton } from '../../parts/notices.tsx';
import { ProgressLine } from '../../parts/progress-line.tsx';
import { describeTrigger } from '../../parts/reason-words.ts';
import { formatElapsed } from '../../parts/relative-time.ts';
import { RowBar, RowIdentity } from '../../parts/outcomes/row-bar.tsx';
import { When } from '../../parts/when.tsx';
import { syncAddress } from '../../shell/addresses.ts';
import { PageTitle } from '../../shell/page-title.tsx';
import { RequestFacts } from './request-facts.tsx';
import { RunTabs } from './run-tabs.tsx';
import { Steps } from './steps.tsx';

export function RunView({ runId }: { readonly runId: string }) {
  const path = `/api/runs/${encodeURIComponent(runId)}`;
  const version = useRunVersion(runId);
  const { data: run, error } = useResource<RunDocument>(path, version);
  const parent = run === null ? { words: 'Syncs', address: '/' } : { words: run.sync, address: syncAddress(run.sync) };
  return (
    <>
      <PageTitle title={`${run?.trigger === 'plan' ? 'Plan' : 'Run'} ${runId}`} parent={parent}>
        {run === null ? null : <RunBadge status={run.status} />}
      </PageTitle>
      {error === null ? null : <ErrorNotice error={error} />}
      {run === null && error === null ? <Skeleton lines={10} label="Reading the run" /> : null}
      {run === null ? null : (
        <>
          <RunNotices run={run} />
          <RunFacts run={run} />
          <RunRows run={run} />
          <div class="columns">
            <Steps path={path} version={version} />
            <RequestFacts run={run} />
          </div>
          <RunTabs run={run} path={path} version={version} />
        </>
      )}
    </>
  );
}

/** Changes with what is known of the run, so that an open page follows it. */
function useRunVersion(runId: string): string {
  const { syncs, progress } = useLive();
  const current = [...progress.values()].find((one) => one.runId === runId);
  if (current !== undefined) return `${current.step} ${current.batchesSent}`;
  const last = syncs?.find(({ lastRun }) => lastRun?.runId === runId)?.lastRun;
  return last?.status ?? '';
}

function RunNotices({ run }: { readonly run: RunDocument }) {
  const { error, notes, approval } = run;
  return (
    <>
      {error === null ? null : <ErrorNotice error={error} />}
      {approval === null ? null : <ApprovalNotice run={run} approval={approval} />}
      {notes.length === 0 ? null : (
        <ul class="notes">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </>
  );
}

function RunFacts({ run: { startedAt, finishedAt, trigger, mode } }: { readonly run: RunDocument }) {
  const took = finishedAt === null ? 'under way' : formatElapsed(Date.parse(finishedAt) - Date.parse(startedAt));
  return (
    <Facts
      facts={[
        ['Started', <When key="at" at={startedAt} />],
        ['Took', took],
        ['Started by', describeTrigger(trigger)],
        ['Mode', mode],
      ]}
    />
  );
}

function RunRows({ run }: { readonly run: RunDocument }) {
  const { progress } = useLive();
  const { rows, sync, runId, status } = run;
  const current = progress.get(sync);
  return (
    <section class="card" aria-label="Rows">
      <h2>What became of every row</h2>
      {status === 'running' && current?.runId === runId ? (
        <ProgressLine progress={current} />
      ) : (
        <>
          <RowBar rows={rows} height={18} />
          <RowIdentity rows={rows} isPlan={run.trigger === 'plan'} />
        </>
      )}
      {rows.removed === 0 ? null : (
        <p class="field-note">
          {formatPeople(rows.removed)} of the snapshot left the model. They are reported, not sent.
        </p>
      )}
    </section>
  );
}
