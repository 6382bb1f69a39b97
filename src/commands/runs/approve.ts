import { requireApprovable } from '../../core/model/saved-plan/approval.ts';
import type { Approval, RunReport } from '../../core/model/terms.ts';
import { currentUser } from '../../lib/current-user.ts';
import { formatNumber, formatPeople } from '../../lib/format.ts';
import { approvePlan } from '../../sync/approve/approve-plan.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { requireConfirmation, yesOption } from '../shared/confirm.ts';
import { findRun } from '../shared/find-run.ts';
import { changesText } from '../shared/format.ts';
import { argumentAt, reasonOption } from '../shared/options.ts';
import { requestedSync } from '../shared/pauses.ts';
import { progressOption } from '../shared/progress.ts';
import { sendSavedPlan } from '../shared/send-saved-plan.ts';

/** What a guard has stopped, and what approving it does. */
function question({ runId, sync, error }: RunReport, plan: Approval): string {
  const { inserts, updates, marks, restores, removed, limit } = plan;
  const changes = changesText(plan);
  const isLimited = limit !== null && limit < inserts + updates + marks + restores;
  const sent = isLimited ? `the first ${formatNumber(limit)} of ${changes}` : changes;
  const gone = removed === 0 ? '' : `\n${formatPeople(removed)} of the snapshot are not in the model.`;
  return `Run ${runId} was stopped: ${error?.message ?? ''}${gone}\nSend its plan for ${sync} to the Hub (${sent})?`;
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const app = await context.app();
  const stopped = await findRun(await app.records(), argumentAt(input, 0), { includePlans: false });
  const plan = requireApprovable(stopped);
  const sync = await requestedSync(app, stopped.sync, context.terminal);
  await requireConfirmation(context, input, question(stopped, plan));
  const approval = { runId: stopped.runId, by: currentUser(), reason: reasonOption(input) };
  return sendSavedPlan(context, input, {
    app,
    sync,
    send: (start, deps) => approvePlan({ ...start, trigger: 'manual', approval }, deps),
    document: ({ report, drift }) => ({ ...report, drift }),
  });
}

export const approveCommand: Command = {
  name: 'approve',
  summary: 'Sends the plan of a run that a guard stopped, or nothing if anything has changed since',
  args: [{ name: '<run>', description: 'id of the stopped run, or latest' }],
  options: [{ flags: '--reason <text>', description: 'why, for panelsync audit' }, progressOption, yesOption],
  shutdownMessage: 'Stopping: finishing the batches in flight. Interrupt again to stop at once.',
  run,
};
