import { useEffect, useRef, useState } from 'preact/hooks';
import { formatNumber } from '../../../lib/format.ts';
import { apiPath } from '../../api/client.ts';
import type { History } from '../../api/documents.ts';
import { onThemeChange } from '../../hooks/theme.ts';
import { useResource } from '../../hooks/use-resource.ts';
import { Empty, ErrorNotice } from '../../parts/notices.tsx';
import { changeOutcomes } from '../../parts/outcomes/outcomes.ts';
import { formatElapsed } from '../../parts/relative-time.ts';

const ranges = [7, 30, 90] as const;

/** Rows by outcome and duration over time. Dragging zooms in, a double click zooms out. */
export function HistoryCharts({ path, version }: { readonly path: string; readonly version: string }) {
  const [days, setDays] = useState<number>(90);
  const { data, error } = useResource<History>(apiPath(`${path}/history`, { days }), version);
  const shown = useLast(data);
  const isEmpty = shown !== null && shown.columns.at.length === 0;
  return (
    <section class="card history" aria-label="History">
      <div class="history-head">
        <h2>History</h2>
        <span class="field-note">Rows that changed or were refused. Drag to zoom, double-click to zoom out.</span>
        <div class="segments" role="group" aria-label="Range">
          {ranges.map((range) => (
            <button key={range} type="button" aria-pressed={range === days} onClick={() => setDays(range)}>
              {range} days
            </button>
          ))}
        </div>
      </div>
      {error === null ? null : <ErrorNotice error={error} />}
      <div class="history-body">
        {isEmpty ? <Empty title={`No runs in the last ${days} days.`} /> : null}
        {shown === null || isEmpty ? null : <Charts history={shown} />}
      </div>
    </section>
  );
}

/** Draws into an element of its own: what is lazily loaded draws on canvases. */
function Charts({ history }: { readonly history: History }) {
  const box = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number | null>(null);
  useEffect(() => {
    let close = (): void => undefined;
    let isClosed = false;
    const draw = async (): Promise<void> => {
      const { drawHistory } = await import('./history-canvas.ts');
      close();
      if (!isClosed && box.current !== null) close = drawHistory(box.current, history, setAt);
    };
    void draw();
    const stopListening = onThemeChange(() => void draw());
    return () => {
      isClosed = true;
      stopListening();
      close();
    };
  }, [history]);
  return (
    <>
      <div ref={box} class="charts" role="img" aria-label={describe(history)} />
      <Legend history={history} at={at} />
    </>
  );
}

/** The figures under the pointer, or of the whole time. */
function Legend({ history: { columns }, at }: { readonly history: History; readonly at: number | null }) {
  const sum = (name: keyof typeof columns): number =>
    at === null ? columns[name].reduce((total, value) => total + value, 0) : (columns[name][at] ?? 0);
  const seconds = at === null ? null : (columns.at[at] ?? null);
  return (
    <p class="legend number">
      <span class="legend-time">
        {seconds === null ? 'In all' : new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')}
      </span>
      {changeOutcomes.map((name) => (
        <span key={name}>
          <span class={`swatch back-${name}`} />
          {formatNumber(sum(name))} {name}
        </span>
      ))}
      <span>
        {formatNumber(sum('runs'))} runs, {formatNumber(sum('failed'))} failed
      </span>
      {at === null ? null : <span>took {formatElapsed(columns.durationMs[at] ?? 0)}</span>}
    </p>
  );
}

function useLast<Value>(value: Value | null): Value | null {
  const [last, setLast] = useState(value);
  useEffect(() => {
    if (value !== null) setLast(value);
  }, [value]);
  return value ?? last;
}

function describe({ columns }: History): string {
  const total = columns.runs.reduce((sum, value) => sum + value, 0);
  return `Chart of rows by outcome and of duration, ${formatNumber(total)} runs. The table of runs has the figures.`;
}
