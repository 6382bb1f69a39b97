import { estimateSendCost } from '../../app/plan-document.ts';
import type { SendRate } from '../../app/plan-document.ts';
import { formatDuration, formatNumber, pluralize } from '../../lib/format.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import type { BaselineSource } from '../../core/ports/hub/baseline.ts';
import type { Progress } from '../../sync/run-context.ts';

const stepLabels = {
  look: 'looking up people in the Hub',
  read: 'reading',
  plan: 'planning',
  send: 'sending',
} as const;

/** Shows the steps of a run; while sending, with the time that the rate limit asks for at least. */
export function showProgress(
  terminal: Terminal,
  destination: SendRate,
): { show(progress: Progress): void; stop(): void } {
  const bar = terminal.progress();
  return {
    show: ({ step, done, total }) => {
      const rateText = step === 'send' && total !== null ? ` (${sendCostText(total, destination)})` : '';
      bar.show(stepLabels[step] + rateText, done, total);
    },
    stop: () => bar.stop(),
  };
}

/** Shows the progress of reading the participants that the Hub has. */
export function showReadProgress(
  terminal: Terminal,
  from: BaselineSource,
): { show(done: number, total: number | null): void; stop(): void } {
  const bar = terminal.progress();
  const label = from === 'hub' ? 'reading the list of the Hub' : 'reading the file';
  return { show: (done, total) => bar.show(label, done, total), stop: () => bar.stop() };
}

/** What sending so many rows costs at least: `12 requests, 1 min at 60 a minute`. */
export function sendCostText(rows: number, rate: SendRate): string {
  const { requests, minutes } = estimateSendCost(rows, rate);
  return `${pluralize(requests, 'request')}, ${formatDuration(minutes * 60)} at ${formatNumber(rate.requestsPerMinute)} a minute`;
}
