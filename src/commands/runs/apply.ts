import { resolve } from 'node:path';
import type { App } from '../../app.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { applyPlan, openSavedPlan } from '../../sync/approve/apply-plan.ts';
import type { ApplyResult, ApplyRequest } from '../../sync/approve/apply-plan.ts';
import type { Progress } from '../../sync/run-context.ts';
import { printResult, exitCodeForReport, exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { argumentAt, booleanOption } from '../shared/options.ts';
import { driftText } from './plan-text.ts';
import { showProgress } from '../shared/progress.ts';
import { reportText } from '../shared/report-text.ts';
import { requestedSync } from './run.ts';

type ApplyCommandOptions = Omit<ApplyRequest, 'delivery'>;

/** A run that sends what a plan was kept of, or nothing. */
export async function applySavedPlan(app: App, options: ApplyCommandOptions): Promise<ApplyResult> {
  await (await app.state()).migrate();
  const delivery = app.config.destination;
  return app.withDeps(options.sync, (deps) => applyPlan({ ...options, delivery }, deps));
}

function applyResultText({ report, drift }: ApplyResult, terminal: Terminal): string {
  const people = drift?.people ?? null;
  const output = reportText(report, terminal);
  return people === null ? output : `${output}\n\n${driftText(people)}`;
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { terminal, shutdown } = context;
  const savedPlan = await openSavedPlan(resolve(context.cwd, argumentAt(input, 0)));
  const app = await context.app();
  const sync = await requestedSync(app, savedPlan.header.sync, terminal);
  const progress = showProgress(terminal, app.config.destination);
  const onProgress = (step: Progress): void => progress.show(step);
  const options = { savedPlan, sync, force: booleanOption(input, 'force'), shutdown, onProgress };
  const result = await applySavedPlan(app, options).finally(() => progress.stop());
  printResult(context, { ...result.report, moved: result.drift }, () => applyResultText(result, terminal));
  return shutdown.drain.aborted ? exitCodes.interrupted : exitCodeForReport(result.report);
}

export const applyCommand: Command = {
  name: 'apply',
  summary: 'Sends a plan that was kept in a file, or nothing when it does not hold any more',
  args: [{ name: '<file>', description: 'as panelsync plan <sync> --out wrote it' }],
  options: [{ flags: '--force', description: 'pass the guards' }],
  shutdownMessage: 'Stopping: finishing the batches in flight. Once more stops at once.',
  run,
};
