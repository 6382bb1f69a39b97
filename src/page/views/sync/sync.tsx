/** A sync: its state, its history, its runs, what is refused, a plan, its configuration and its model. */

import { apiPath } from '../../api/client.ts';
import type { SyncDetails, SyncDocument } from '../../api/documents.ts';
import { RetryRejected, SyncActions } from '../../actions/sync-actions.tsx';
import { useLive } from '../../hooks/live.tsx';
import { setQuery, useLocation } from '../../hooks/router.ts';
import { useResource } from '../../hooks/use-resource.ts';
import { SyncBadge } from '../../parts/badge.tsx';
import { Code } from '../../parts/code/code.tsx';
import { ErrorNotice, Skeleton } from '../../parts/notices.tsx';
import { ProgressLine } from '../../parts/progress-line.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { PageTitle } from '../../shell/page-title.tsx';
import { LastRunLine } from '../overview/last-run-line.tsx';
import { Rows } from '../rows/rows.tsx';
import { HistoryCharts } from './history-charts.tsx';
import { PlanTab } from './plan-tab.tsx';
import { RunsTab } from './runs-tab.tsx';
import { SyncFacts } from './sync-facts.tsx';

export function SyncView({ name }: { readonly name: string }) {
  const { syncs, progress } = useLive();
  const path = `/api/syncs/${encodeURIComponent(name)}`;
  const details = useResource<SyncDetails>(path);
  const sync = syncs?.find((one) => one.sync === name) ?? details.data;
  const current = progress.get(name) ?? null;
  return (
    <>
      <PageTitle title={name} parent={{ words: 'Syncs', address: '/' }}>
        {sync === null ? null : (
          <>
            <SyncBadge state={sync.state} />
            <SyncActions sync={sync} />
          </>
        )}
      </PageTitle>
      {details.error === null ? null : <ErrorNotice error={details.error} />}
      {sync === null && details.error === null ? <Skeleton lines={10} label="Reading the sync" /> : null}
      {sync === null ? null : (
        <>
          <SyncFacts sync={sync} />
          <div class="now-line">
            {current !== null && sync.running ? <ProgressLine progress={current} /> : <LastRunLine sync={sync} />}
          </div>
          <HistoryCharts path={path} version={versionOf(sync)} />
          <SyncTabs sync={sync} details={details.data} path={path} />
        </>
      )}
    </>
  );
}

/** Changes when a run begins or ends. */
function versionOf({ lastRun }: SyncDocument): string {
  return `${lastRun?.runId} ${lastRun?.status}`;
}

interface SyncTabsProps {
  readonly sync: SyncDocument;
  /** `null` until they are read. */
  readonly details: SyncDetails | null;
  readonly path: string;
}

function SyncTabs({ sync, details, path }: SyncTabsProps) {
  const selected = useLocation().query.get('tab') ?? 'runs';
  const tabs = [
    { id: 'runs', title: 'Runs' },
    { id: 'rejections', title: 'Open rejections', count: sync.rejections },
    { id: 'plan', title: 'Plan' },
    { id: 'configuration', title: 'Configuration' },
    { id: 'model', title: 'Model' },
  ];
  const select = (tab: string): void => {
    setQuery({ tab, reason: null, field: null, message: null });
  };
  return (
    <Tabs label={`About ${sync.sync}`} tabs={tabs} selected={selected} onSelect={select}>
      {selected === 'runs' ? <RunsTab name={sync.sync} version={versionOf(sync)} /> : null}
      {selected === 'rejections' ? <OpenRejections sync={sync} path={path} /> : null}
      {selected === 'plan' ? <PlanTab path={apiPath(`${path}/plan`)} /> : null}
      {selected === 'configuration' && details !== null ? (
        <Code text={details.configuration} language="yaml" label="Configuration" />
      ) : null}
      {selected === 'model' && details !== null ? <Model model={details.model} /> : null}
    </Tabs>
  );
}

function OpenRejections({ sync, path }: { readonly sync: SyncDocument; readonly path: string }) {
  return (
    <>
      <div class="toolbar">
        <RetryRejected sync={sync} />
      </div>
      <Rows
        path={`${path}/rejections`}
        kind="rejections"
        empty="No rejections are open: every row that can be sent was accepted."
        version={`${versionOf(sync)} ${sync.rejections}`}
      />
    </>
  );
}

function Model({ model: { file, sql } }: { readonly model: SyncDetails['model'] }) {
  return (
    <>
      {file === null ? null : (
        <p class="field-note">
          <code>{file}</code>
        </p>
      )}
      <Code text={sql} language="sql" label="SQL of the model" />
    </>
  );
}
