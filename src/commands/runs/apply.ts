import { resolve } from 'node:path';
import type { App } from '../../app.ts';
import type { Terminal } from '../../lib/terminal.ts';
import { applyPlan, openKeptPlan } from '../../sync/approve/apply-plan.ts';
import type { Applied, ApplyRequest } from '../../sync/approve/apply-plan.ts';
import type { Progress } from '../../sync/plan/plan.ts';
import { answer, exitCodeOf, exitCodes } from '../command.ts';
import type { Command, CommandContext, Input } from '../command.ts';
import { argument, flag } from '../shared/options.ts';
import { peopleMovedText } from './plan-text.ts';
import { showProgress } from '../shared/progress.ts';
import { reportText } from '../shared/report-text.ts';
import { evenPaused } from './run.ts';

type ApplyChoices = Omit<ApplyRequest, 'delivery'>;

/** A run that sends what a plan was kept of, or nothing. */
export async function applyKept(app: App, choices: ApplyChoices): Promise<Applied> {
  await (await app.state()).migrate();
  const delivery = app.config.destination;
  return app.withDeps(choices.sync, (deps) => applyPlan({ ...choices, delivery }, deps));
}

function appliedText({ report, moved }: Applied, terminal: Terminal): string {
  const people = moved?.people ?? null;
  const words = reportText(report, terminal);
  return people === null ? words : `${words}\n\n${peopleMovedText(people)}`;
}

async function run(context: CommandContext, input: Input): Promise<number> {
  const { terminal, stop } = context;
  const kept = await openKeptPlan(resolve(context.cwd, argument(input, 0)));
  const app = await context.app();
  const sync = await evenPaused(app, kept.header.sync, terminal);
  const progress = showProgress(terminal, app.config.destination);
  const onProgress = (step: Progress): void => progress.show(step);
  const choices = { kept, sync, force: flag(input, 'force'), stop, onProgress };
  const applied = await applyKept(app, choices).finally(() => progress.stop());
  answer(context, { ...applied.report, moved: applied.moved }, () => appliedText(applied, terminal));
  return stop.drain.aborted ? exitCodes.interrupted : exitCodeOf(applied.report);
}

export const applyCommand: Command = {
  name: 'apply',
  summary: 'Sends a plan that was kept in a file, or nothing when it does not hold any more',
  args: [{ name: '<file>', description: 'as panelsync plan <sync> --out wrote it' }],
  options: [{ flags: '--force', description: 'pass the guards' }],
  onStop: 'Stopping: finishing the batches in flight. Once more stops at once.',
  run,
};
