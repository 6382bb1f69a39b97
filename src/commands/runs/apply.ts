import { resolve } from 'node:path';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { applyPlan, openSavedPlan } from '../../sync/approve/apply-plan.ts';
import type { ApplyResult } from '../../sync/approve/apply-plan.ts';
import { exitCodeForReport, exitCodes, printResult } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { requireConfirmation, yesOption } from '../shared/confirm.ts';
import { countsText } from '../shared/format.ts';
import { argumentAt, booleanOption } from '../shared/options.ts';
import { requestedSync } from '../shared/pauses.ts';
import { driftText } from '../shared/plan-text.ts';
import { showProgress } from '../shared/progress.ts';
import { reportText } from '../shared/report-text.ts';

function applyResultText({ report, drift }: ApplyResult, terminal: Terminal): string {
  const people = drift?.people ?? null;
  const output = reportText(report, terminal);
  return people === null ? output : `${output}\n\n${driftText(people)}`;
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { terminal, shutdown } = context;
  const savedPlan = await openSavedPlan(resolve(context.cwd, argumentAt(input, 0)));
  const app = await context.app();
  const { sync: name, rows } = savedPlan.header;
  const sync = await requestedSync(app, name, terminal);
  const changes = countsText([
    [rows.inserted, 'to insert'],
    [rows.updated, 'to update'],
  ]);
  await requireConfirmation(context, input, `Send this plan for ${name} to the Hub (${changes || 'no changes'})?`);
  await app.migratedState();
  const { destination: delivery } = app.config;
  const progress = showProgress(terminal, delivery);
  const result = await app
    .withDeps(sync, (deps) =>
      applyPlan(
        {
          savedPlan,
          sync,
          force: booleanOption(input, 'force'),
          shutdown,
          delivery,
          onProgress: (step) => progress.show(step),
        },
        deps,
      ),
    )
    .finally(() => progress.stop());
  printResult(context, { ...result.report, moved: result.drift }, () => applyResultText(result, terminal));
  return shutdown.drain.aborted ? exitCodes.interrupted : exitCodeForReport(result.report);
}

export const applyCommand: Command = {
  name: 'apply',
  summary: 'Sends a saved plan, or nothing if anything has changed since',
  args: [{ name: '<file>', description: 'file written by panelsync plan <sync> --out' }],
  options: [{ flags: '--force', description: 'pass the guards' }, yesOption],
  shutdownMessage: 'Stopping: finishing the batches in flight. Interrupt again to stop at once.',
  run,
};
