import { SingleBar } from 'cli-progress';
import { formatDuration, formatNumber } from '../format.ts';

export interface Progress {
  /** `total` null: nobody knows. */
  show(label: string, done: number, total: number | null): void;
  stop(): void;
}

/** A bar that makes way for what is printed meanwhile. */
export interface ProgressBar extends Progress {
  /** Takes the bar off the screen; `resume` draws it again. */
  pause(): void;
  resume(): void;
}

interface Task {
  readonly label: string;
  readonly total: number | null;
  readonly startedAtMs: number;
}

const redrawMs = 200;

export function createProgressBar(stream: NodeJS.WritableStream): ProgressBar {
  let task: Task | null = null;
  let done = 0;
  let bar: SingleBar | null = null;
  const pause = (): void => {
    bar?.stop();
    bar = null;
  };
  const resume = (): void => {
    if (task !== null) bar ??= startBar(stream, task, done);
  };
  return {
    show: (label, nowDone, total) => {
      done = nowDone;
      if (task?.label !== label) {
        pause();
        task = { label, total, startedAtMs: Date.now() };
      }
      resume();
      bar?.update(done);
    },
    stop: () => {
      pause();
      task = null;
    },
    pause,
    resume,
  };
}

function startBar(stream: NodeJS.WritableStream, task: Task, done: number): SingleBar {
  const bar = new SingleBar({
    stream,
    hideCursor: true,
    clearOnComplete: true,
    // Signals are the command's to handle, and its words come before the bar is gone.
    gracefulExit: false,
    fps: 1000 / redrawMs,
    format: (_, { value }) => formatProgress(task, value),
  });
  bar.start(task.total ?? 0, done);
  return bar;
}

const barWidth = 24;

function formatProgress({ label, total, startedAtMs }: Task, done: number): string {
  const seconds = Math.max((Date.now() - startedAtMs) / 1000, 0.001);
  const rate = `${formatNumber(Math.round(done / seconds))}/s`;
  if (total === null) return `${label}  ${formatNumber(done)} rows  ${rate}`;
  const fraction = total === 0 ? 1 : Math.min(done / total, 1);
  const filledWidth = Math.round(fraction * barWidth);
  const remaining = done === 0 ? '' : `  ${formatDuration(((total - done) * seconds) / done)} left`;
  const barText = `${'█'.repeat(filledWidth)}${'░'.repeat(barWidth - filledWidth)}`;
  return `${label}  ${barText}  ${formatNumber(done)} of ${formatNumber(total)}  ${rate}${remaining}`;
}
