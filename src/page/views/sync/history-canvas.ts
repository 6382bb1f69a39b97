import uPlot from 'uplot';
import { formatNumber } from '../../../lib/format.ts';
import type { History } from '../../api/documents.ts';
import { changeOutcomes } from '../../parts/outcomes/outcomes.ts';
import { formatElapsed } from '../../parts/relative-time.ts';
import { withMargins } from './history-margins.ts';
import type { MarginedHistory } from './history-margins.ts';

const rowsHeight = 170;
const durationHeight = 130;
const axisWidth = 64;

/** Draws two charts that share their time, the last one up to now. Returns what removes them. */
export function drawHistory(box: HTMLElement, recorded: History, onCursor: (at: number | null) => void): () => void {
  box.replaceChildren();
  const history = withMargins(recorded, Date.now() / 1000);
  const sync = uPlot.sync(`history ${Date.now()}`);
  const count = recorded.columns.at.length;
  const shared = {
    box,
    history,
    onCursor: (at: number | null) => onCursor(isPoint(at, count) ? at - 1 : null),
    syncKey: sync.key,
  };
  const charts = [drawRows(shared), drawDuration(shared)];
  const resize = new ResizeObserver(() => {
    for (const chart of charts) chart.setSize({ width: box.clientWidth, height: chart.height });
  });
  resize.observe(box);
  return () => {
    resize.disconnect();
    for (const chart of charts) chart.destroy();
  };
}

/** The margins are no points of the history. */
function isPoint(at: number | null, count: number): at is number {
  return at !== null && at > 0 && at <= count;
}

interface ChartContext {
  readonly box: HTMLElement;
  readonly history: MarginedHistory;
  readonly onCursor: (at: number | null) => void;
  readonly syncKey: string;
}

/** Stacked bars: each series is the sum of itself and those below it, and the highest is drawn first. */
function drawRows(context: ChartContext): uPlot {
  const { at, columns } = context.history;
  const stacked = changeOutcomes.map((_, last) =>
    at.map((_time, point) =>
      changeOutcomes.slice(0, last + 1).reduce((sum, name) => sum + (columns[name][point] ?? 0), 0),
    ),
  );
  const series = changeOutcomes.map((name) => ({
    label: name,
    fill: colorOf(`--${name}`),
    width: 0,
    paths: barsOf(context.history),
    points: { show: false },
  }));
  const format = (value: number): string => formatNumber(value);
  return new uPlot(
    optionsOf(context, { height: rowsHeight, series: series.toReversed(), format, showsTime: false }),
    [[...at], ...stacked.toReversed()],
    context.box,
  );
}

function drawDuration(context: ChartContext): uPlot {
  const { at, columns } = context.history;
  const color = colorOf('--ink-soft');
  const series = [{ label: 'Duration', stroke: color, width: 1.25, points: { show: at.length < 60, size: 4 } }];
  const options = optionsOf(context, { height: durationHeight, series, format: formatElapsed, showsTime: true });
  return new uPlot(options, [[...at], [...columns.durationMs]], context.box);
}

function barsOf({ at }: MarginedHistory): uPlot.Series.PathBuilder {
  const paths = uPlot.paths.bars?.({ size: [at.length > 400 ? 1 : 0.75, 24] });
  if (paths === undefined) throw new Error('this uPlot draws no bars');
  return paths;
}

interface ChartLook {
  readonly height: number;
  readonly series: readonly uPlot.Series[];
  readonly format: (value: number) => string;
  /** Whether the times stand below; the charts share them. */
  readonly showsTime: boolean;
}

function optionsOf(
  { box, onCursor, syncKey }: ChartContext,
  { height, series, format, showsTime }: ChartLook,
): uPlot.Options {
  const axis = {
    stroke: colorOf('--ink-soft'),
    font: `12px ${getComputedStyle(document.body).fontFamily}`,
    grid: { stroke: colorOf('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: box.clientWidth,
    height,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    legend: { show: false },
    cursor: { sync: { key: syncKey }, drag: { x: true, y: false }, points: { show: false }, y: false },
    scales: { y: { range: (_chart, _min, max) => [0, Math.max(max, 1) * 1.05] } },
    series: [{}, ...series],
    axes: [
      { ...axis, ...(showsTime ? { values: timeLabels, size: 30 } : hiddenLabels) },
      { ...axis, size: axisWidth, values: (_chart, values) => values.map(format) },
    ],
    hooks: { setCursor: [(chart) => onCursor(chart.cursor.idx ?? null)] },
  };
}

const hiddenLabels = { values: (_chart: uPlot, values: number[]) => values.map(() => ''), size: 10 };

/** Days where the labels are days apart, times of day where they are closer; in UTC, as all times of the page. */
function timeLabels(_chart: uPlot, seconds: number[]): string[] {
  const [first = 0, second = 0] = seconds;
  const isDaily = second - first >= 86_400;
  const format = new Intl.DateTimeFormat('en', {
    timeZone: 'UTC',
    ...(isDaily ? { month: 'short', day: 'numeric' } : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
  });
  return seconds.map((value) => format.format(value * 1000));
}

/** A colour of the theme as canvases need it: resolved. */
function colorOf(property: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${property})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
