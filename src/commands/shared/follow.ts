import type { FollowOptions } from '../../app/runs/follow-run.ts';
import type { RunStep } from '../../app/runs/run-steps.ts';
import { PanelsyncError } from '../../core/errors.ts';
import type { RunReport } from '../../core/model/terms.ts';
import { pluralize } from '../../lib/format.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import type { Progress } from '../../sync/run-context.ts';
import { countsText } from './format.ts';
import type { ProgressDisplay } from './progress-lines.ts';

/** Shows a run of another process as far as the state records it: its plan, and the batches that are settled. */
export function showSteps(terminal: Terminal, display: ProgressDisplay): FollowOptions['onSteps'] {
  let isPlanShown = false;
  return ({ sync, runId }, steps) => {
    const planned = steps.find(({ step, finishedAt }) => step === 'plan' && finishedAt !== null);
    if (planned !== undefined && !isPlanShown) {
      isPlanShown = true;
      terminal.printNotice(plannedText(planned, steps));
    }
    display.show({ sync, runId, ...progressOf(steps) });
  };
}

/** `Read 3,000 rows: 60 changes to send, 2,935 unchanged, 5 invalid.` */
function plannedText({ counts }: RunStep, steps: readonly RunStep[]): string {
  const { changes = 0, unchanged = 0, skipped = 0, invalid = 0 } = counts;
  const others = countsText([
    [unchanged, 'unchanged'],
    [skipped, 'skipped'],
    [invalid, 'invalid'],
  ]);
  const read = steps.find(({ step }) => step === 'read')?.counts['read'] ?? 0;
  const changesText = changes === 0 ? 'no changes' : `${pluralize(changes, 'change')} to send`;
  return `Read ${pluralize(read, 'row')}: ${changesText}${others === '' ? '' : `, ${others}`}.`;
}

function progressOf(steps: readonly RunStep[]): Progress {
  const last = steps.at(-1);
  if (last?.step !== 'send') return { step: last?.step === 'plan' ? 'plan' : 'read', done: 0, total: null };
  const { inserted = 0, updated = 0, rejected = 0, unsent = 0 } = last.counts;
  const done = inserted + updated + rejected;
  return { step: 'send', done, total: done + unsent };
}

/** Nobody ends the run any more until the sync runs again. */
export function abandonedRunError({ runId, sync }: RunReport): PanelsyncError {
  return new PanelsyncError({
    code: 'run_abandoned',
    recovery: 'retriable',
    message: `Run ${runId} of "${sync}" is on record as running, but its process is gone.`,
    hint: `The next run of the sync closes it and continues: panelsync run ${sync}.`,
  });
}
