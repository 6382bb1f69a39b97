import type { RowCounts, RunReport } from '../../../core/model/terms.ts';
import { formatNumber, pluralize } from '../../../lib/format.ts';
import { changeOutcomes } from './outcomes.ts';

const maxBars = 40;
const step = 6;
const barWidth = 4;
const height = 40;
const stub = 2;

/** The last runs as small stacked bars: what was sent and what was refused. Rows without changes are left out. */
export function MiniHistory({ runs }: { readonly runs: readonly RunReport[] }) {
  const bars = runs.slice(0, maxBars).toReversed();
  const most = Math.max(1, ...bars.map(({ rows }) => changedRows(rows)));
  const left = (maxBars - bars.length) * step;
  return (
    <svg class="mini-history" viewBox={`0 0 ${maxBars * step} ${height}`} role="img" aria-label={describe(bars)}>
      <line class="stroke-line" x1="0" x2={maxBars * step} y1={height - 0.5} y2={height - 0.5} />
      {bars.map((run, at) => (
        <Bar key={run.runId} run={run} x={left + at * step} most={most} />
      ))}
    </svg>
  );
}

/** Heights grow with the square root, so that a run with ten rows shows beside one with ten thousand. */
function Bar({ run, x, most }: { readonly run: RunReport; readonly x: number; readonly most: number }) {
  const failed = run.status === 'failed' || run.status === 'stopped';
  const changed = changedRows(run.rows);
  const scale = changed === 0 ? 0 : ((height - stub) * Math.sqrt(changed / most)) / changed;
  let top = height - stub;
  return (
    <g>
      <rect class={failed ? 'fill-rejected' : 'fill-unchanged'} x={x} y={top} width={barWidth} height={stub} />
      {failed ? <circle class="fill-rejected" cx={x + barWidth / 2} cy={height - 7} r="2" /> : null}
      {changeOutcomes.map((name) => {
        const size = run.rows[name] === 0 ? 0 : Math.max(1.5, run.rows[name] * scale);
        top -= size;
        return size === 0 ? null : (
          <rect key={name} class={`fill-${name}`} x={x} y={Math.max(0, top)} width={barWidth} height={size} />
        );
      })}
    </g>
  );
}

function changedRows(rows: RowCounts): number {
  return changeOutcomes.reduce((sum, name) => sum + rows[name], 0);
}

function describe(runs: readonly RunReport[]): string {
  if (runs.length === 0) return 'No runs yet';
  const sum = (count: (run: RunReport) => number): number => runs.reduce((total, run) => total + count(run), 0);
  const sent = sum(({ rows }) => rows.inserted + rows.updated);
  const refused = sum(({ rows }) => rows.invalid + rows.rejected);
  const failed = runs.filter(({ status }) => status === 'failed' || status === 'stopped').length;
  const counts = `${formatNumber(sent)} rows accepted, ${formatNumber(refused)} refused, ${formatNumber(failed)} failed`;
  return `Last ${pluralize(runs.length, 'run')}: ${counts}`;
}
