import { estimateSendCost } from '../../app/plan-document.ts';
import type { SendRate } from '../../app/plan-document.ts';
import { formatDuration, formatNumber, pluralize } from '../../lib/format.ts';
import type { BaselineSource } from '../../core/ports/hub/baseline.ts';
import type { Progress } from '../../sync/run-context.ts';
import type { CommandContext, CommandInput, CommandOption } from '../command.ts';
import { choiceOption } from './options.ts';
import { ProgressLines } from './progress-lines.ts';
import type { ProgressDisplay } from './progress-lines.ts';

const progressForms = ['auto', 'json'] as const;

export const progressOption: CommandOption = {
  flags: '--progress <form>',
  description: 'auto: a bar on a terminal; json: JSON lines on standard error',
  choices: progressForms,
  defaultValue: 'auto',
};

/** Shows progress as the command line asks for it. */
export function showProgress(
  { terminal }: Pick<CommandContext, 'terminal'>,
  input: CommandInput,
  label: (progress: Progress) => string,
): ProgressDisplay {
  if (choiceOption(input, 'progress', progressForms) === 'json')
    return new ProgressLines((line) => terminal.writeLog(line), Date.now);
  const bar = terminal.progress();
  return {
    show: (progress) => bar.show(label(progress), progress.done, progress.total),
    stop: () => bar.stop(),
  };
}

const stepLabels = {
  look: 'looking up people in the Hub',
  read: 'reading',
  plan: 'planning',
  send: 'sending',
} as const;

/** Names the steps of a run; while sending, with the time that the rate limit asks for at least. */
export function stepLabel(destination: SendRate): (progress: Progress) => string {
  return ({ step, total }) => {
    const rateText = step === 'send' && total !== null ? ` (${sendCostText(total, destination)})` : '';
    return stepLabels[step] + rateText;
  };
}

/** Names the one step of a command that reads the participants that the Hub has. */
export function readLabel(from: BaselineSource): () => string {
  return () => (from === 'hub' ? 'reading the list of the Hub' : 'reading the file');
}

/** What sending so many rows costs at least: `12 requests, 1 min at 60 a minute`. */
export function sendCostText(rows: number, rate: SendRate): string {
  const { requests, minutes } = estimateSendCost(rows, rate);
  return `${pluralize(requests, 'request')}, ${formatDuration(minutes * 60)} at ${formatNumber(rate.requestsPerMinute)} a minute`;
}
