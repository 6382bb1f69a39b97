import { resolve } from 'node:path';
import { applyPlan, openSavedPlan } from '../../sync/approve/apply-plan.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { requireConfirmation, yesOption } from '../shared/confirm.ts';
import { changesText } from '../shared/format.ts';
import { argumentAt, booleanOption } from '../shared/options.ts';
import { requestedSync } from '../shared/pauses.ts';
import { progressOption } from '../shared/progress.ts';
import { sendSavedPlan } from '../shared/send-saved-plan.ts';

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const savedPlan = await openSavedPlan(resolve(context.cwd, argumentAt(input, 0)));
  const app = await context.app();
  const { sync: name, rows } = savedPlan.header;
  const sync = await requestedSync(app, name, context.terminal);
  const changes = changesText({ inserts: rows.inserted, updates: rows.updated });
  await requireConfirmation(context, input, `Send this plan for ${name} to the Hub (${changes})?`);
  const force = booleanOption(input, 'force');
  return sendSavedPlan(context, input, {
    app,
    sync,
    send: (start, deps) => applyPlan({ ...start, savedPlan, force }, deps),
    document: ({ report, drift }) => ({ ...report, moved: drift }),
  });
}

export const applyCommand: Command = {
  name: 'apply',
  summary: 'Sends a saved plan, or nothing if anything has changed since',
  args: [{ name: '<file>', description: 'file written by panelsync plan <sync> --out' }],
  options: [{ flags: '--force', description: 'pass the guards' }, progressOption, yesOption],
  shutdownMessage: 'Stopping: finishing the batches in flight. Interrupt again to stop at once.',
  run,
};
