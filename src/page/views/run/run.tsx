/** A run: what became of its rows, its steps, its batches, and every row that was not delivered. */

import type { RunReport } from '../../../core/model/terms.ts';
import { formatPeople, pluralize } from '../../../lib/format.ts';
import { ApprovalNotice } from '../../actions/approve.tsx';
import { useLive } from '../../hooks/live.tsx';
import { useResource } from '../../hooks/use-resource.ts';
import { RunBadge } from '../../parts/badge.tsx';
import { DataAgeAt } from '../../parts/data-age.tsx';
import { Facts } from '../../parts/facts.tsx';
import { ErrorNotice, Skeleton } from '../../parts/notices.tsx';
import { ProgressLine } from '../../parts/progress-line.tsx';
import { describeTrigger } from '../../parts/reason-words.ts';
import { formatElapsed } from '../../parts/relative-time.ts';
import { RowBar, RowIdentity } from '../../parts/outcomes/row-bar.tsx';
import { When } from '../../parts/when.tsx';
import { runAddress, syncAddress } from '../../shell/addresses.ts';
import { PageTitle } from '../../shell/page-title.tsx';
import { RequestFacts } from './request-facts.tsx';
import { RunTabs } from './run-tabs.tsx';
import { Steps } from './steps.tsx';

export function RunView({ runId }: { readonly runId: string }) {
  const path = `/api/runs/${encodeURIComponent(runId)}`;
  const version = useRunVersion(runId);
  const { data: run, error } = useResource<RunReport>(path, version);
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

function RunNotices({ run }: { readonly run: RunReport }) {
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

function RunFacts({ run: { startedAt, finishedAt, trigger, mode, freshness } }: { readonly run: RunReport }) {
  const age = freshness === null ? null : <DataAgeAt freshness={freshness} atMs={Date.parse(startedAt)} />;
  const took = finishedAt === null ? 'under way' : formatElapsed(Date.parse(finishedAt) - Date.parse(startedAt));
  return (
    <Facts
      facts={[
        ['Started', <When key="at" at={startedAt} />],
        ['Took', took],
        ['Started by', describeTrigger(trigger)],
        ['Mode', mode],
        ...(age === null ? [] : [['Age of the data', age] as const]),
      ]}
    />
  );
}

function RunRows({ run }: { readonly run: RunReport }) {
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
      <Asides run={run} />
    </section>
  );
}

/** What stands apart from the sum, or is part of one of its terms. */
function Asides({ run: { rows, renamed, removals, approves } }: { readonly run: RunReport }) {
  const { marked, restored, rejected, unsent } = removals;
  const asides = [
    rows.removed === 0 ? '' : `${formatPeople(rows.removed)} of the snapshot left the model`,
    marked === 0 ? '' : `${formatPeople(marked)} marked as removed`,
    restored === 0 ? '' : `${formatPeople(restored)} restored`,
    rejected + unsent === 0 ? '' : `${formatPeople(rejected + unsent)} to mark or restore not accepted`,
    renamed === 0 ? '' : `${pluralize(renamed, 'inserted row')} with a new e-mail`,
  ].filter((text) => text !== '');
  return (
    <>
      {asides.length === 0 ? null : <p class="field-note">{asides.join(', ')}.</p>}
      {approves === null ? null : (
        <p class="field-note">
          Sends the approved plan of <a href={runAddress(approves)}>run {approves}</a>.
        </p>
      )}
    </>
  );
}
