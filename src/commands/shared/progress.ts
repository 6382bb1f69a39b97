import type { DestinationSettings } from '../../core/settings.ts';
import { duration } from '../../lib/terminal.ts';
import type { Terminal } from '../../lib/terminal.ts';
import type { Progress } from '../../sync/plan/plan.ts';
import { counted, number } from './report-text.ts';

const labels = { look: 'looking people up in the Hub', read: 'reading', plan: 'planning', send: 'sending' } as const;

/** Shows the steps of a run; while sending, with the time that the configured pace asks for at least. */
export function showProgress(terminal: Terminal, destination: Pace): { show(progress: Progress): void; stop(): void } {
  const bar = terminal.progress();
  return {
    show: ({ step, done, total }) => {
      const pace = step === 'send' && total !== null ? ` (${paceText(total, destination)})` : '';
      bar.show(labels[step] + pace, done, total);
    },
    stop: () => bar.stop(),
  };
}

/** What the time of sending is worked out from. */
export type Pace = Pick<DestinationSettings, 'batchSize' | 'requestsPerMinute'>;

/** What sending so many rows costs at least. */
export function costOf(
  rows: number,
  { batchSize, requestsPerMinute }: Pace,
): { readonly requests: number; readonly minutes: number } {
  const requests = Math.ceil(rows / batchSize);
  return { requests, minutes: requests / requestsPerMinute };
}

/** The same for people: `12 requests, 1 min at 60 a minute`. */
export function paceText(rows: number, pace: Pace): string {
  const { requestsPerMinute } = pace;
  const { requests, minutes } = costOf(rows, pace);
  const time = duration(minutes * 60);
  return `${counted(requests, 'request')}, ${time} at ${number(requestsPerMinute)} a minute`;
}
