import { formatNumber } from '../../../lib/format.ts';
import type { RunReport } from '../../../core/model/terms.ts';
import { apiPath } from '../../api/client.ts';
import type { Progress, SyncDocument } from '../../api/documents.ts';
import { useResource } from '../../hooks/use-resource.ts';
import { SyncBadge } from '../../parts/badge.tsx';
import { DataAge } from '../../parts/data-age.tsx';
import { MiniHistory } from '../../parts/outcomes/mini-history.tsx';
import { ProgressLine } from '../../parts/progress-line.tsx';
import { ReasonLines } from '../../parts/reason-lines.tsx';
import { When } from '../../parts/when.tsx';
import { syncAddress } from '../../shell/addresses.ts';
import { LastRunLine } from './last-run-line.tsx';

const runsShown = 40;

interface CardProps {
  readonly sync: SyncDocument;
  readonly progress: Progress | null;
}

export function SyncCard({ sync, progress }: CardProps) {
  const { lastRun, reasons, rejections, removed } = sync;
  // The list changes when a run begins or ends, not with its progress.
  const version = `${lastRun?.runId} ${lastRun?.status}`;
  const runs = useResource<readonly RunReport[]>(apiPath('/api/runs', { sync: sync.sync, limit: runsShown }), version);
  const history = (runs.data ?? []).filter(({ trigger }) => trigger !== 'plan');
  return (
    <li class="card sync-card" data-sync={sync.sync}>
      <div class="sync-card-name">
        <h2>
          <a href={syncAddress(sync.sync)}>{sync.sync}</a>
        </h2>
        <SyncBadge state={sync.state} />
      </div>
      <Schedule sync={sync} />
      <div class="sync-card-history">
        <MiniHistory runs={history} />
      </div>
      <dl class="figures">
        <Figure label="People in the snapshot" value={sync.snapshot} />
        <Figure label="Open rejections" value={rejections} tone={rejections > 0 ? 'warn' : null} />
        {removed.people === 0 ? null : <Figure label="Left the model" value={removed.people} />}
      </dl>
      <div class="sync-card-now">
        {progress !== null && sync.running ? <ProgressLine progress={progress} /> : <LastRunLine sync={sync} />}
      </div>
      {reasons.length === 0 ? null : <ReasonLines reasons={reasons} address={syncAddress(sync.sync, 'rejections')} />}
    </li>
  );
}

function Schedule({ sync }: { readonly sync: SyncDocument }) {
  const { lastSuccessAt, nextRunAt, paused, pausedBy, pausedAt, pauseReason, schedule, freshness } = sync;
  return (
    <p class="sync-card-schedule">
      <span>Last success: {lastSuccessAt === null ? 'none yet' : <When at={lastSuccessAt} />}</span>
      {paused ? (
        <span title={pauseReason ?? undefined}>
          Paused by {pausedBy ?? 'somebody'} {pausedAt === null ? null : <When at={pausedAt} />}
        </span>
      ) : (
        <span>
          Next run: {nextRunAt !== null ? <When at={nextRunAt} /> : schedule === null ? 'only by hand' : 'none'}
        </span>
      )}
      {freshness === null ? null : (
        <span>
          Age of the data: <DataAge freshness={freshness} />
        </span>
      )}
    </p>
  );
}

function Figure({
  label,
  value,
  tone = null,
}: {
  readonly label: string;
  readonly value: number;
  readonly tone?: string | null;
}) {
  return (
    <div class="figure">
      <dt>{label}</dt>
      <dd class={tone === null ? 'number' : `number ink-${tone}`}>{formatNumber(value)}</dd>
    </div>
  );
}
