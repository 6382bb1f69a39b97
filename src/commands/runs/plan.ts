import { resolve } from 'node:path';
import type { App } from '../../app.ts';
import type { Stop } from '../../core/ports/ports.ts';
import { planSync } from '../../sync/plan/plan-sync.ts';
import type { PlanRequest, SyncPlan } from '../../sync/plan/plan-sync.ts';
import { keepPlan } from '../../sync/approve/save-plan.ts';
import { answer, exitCodeOf } from '../command.ts';
import type { Command, CommandContext, Input } from '../command.ts';
import { argument, flag, text, wholeNumber } from '../shared/options.ts';
import { planText } from './plan-text.ts';
import { costOf, showProgress } from '../shared/progress.ts';

const usualLimit = 20;

interface PlanChoices extends Pick<PlanRequest, 'full' | 'limit' | 'onProgress'> {
  readonly sync: string;
  readonly stop: Stop;
  /** Where the plan is to be kept; `null`: nowhere. */
  readonly file: string | null;
}

/** Plans one sync. The plan is put on record, so the state database gets its tables first. */
export async function makePlan(app: App, choices: PlanChoices): Promise<SyncPlan> {
  const sync = app.sync(choices.sync);
  await (await app.state()).migrate();
  const { file, stop } = choices;
  const request = { ...choices, sync, signal: stop.drain };
  return app.withDeps(sync, (deps) => (file === null ? planSync(request, deps) : keepPlan({ ...request, file }, deps)));
}

/** The document of `plan --json`: the report, with samples and with what sending would cost. */
export function planDocument(plan: SyncPlan, app: App): object {
  const { report, sample, skips, invalid } = plan;
  const { requests, minutes } = costOf(report.rows.inserted + report.rows.updated, app.config.destination);
  return {
    ...report,
    sample,
    skipped: skips.map(({ key, reason }) => ({ email: key, reason })),
    invalid: invalid.map(({ key, email, faults }) => ({ email: email ?? key, faults })),
    requestsPlanned: requests,
    minutesPlanned: Math.ceil(minutes * 100) / 100,
  };
}

async function run(context: CommandContext, input: Input): Promise<number> {
  const limit = wholeNumber(input, 'limit', 0) ?? usualLimit;
  const app = await context.app();
  const progress = showProgress(context.terminal, app.config.destination);
  const out = text(input, 'out');
  const file = out === null ? null : resolve(context.cwd, out);
  const choices = { sync: argument(input, 0), full: flag(input, 'full'), limit, stop: context.stop, file };
  const plan = await makePlan(app, { ...choices, onProgress: (step) => progress.show(step) }).finally(() =>
    progress.stop(),
  );
  const kept = file === null ? {} : { file };
  answer(context, { ...planDocument(plan, app), ...kept }, () => {
    const words = planText(plan, app.config.destination, context.terminal);
    return out === null ? words : `${words}\n\nKept in ${out}: panelsync apply ${out} sends just this, or nothing.`;
  });
  return exitCodeOf(plan.report);
}

export const planCommand: Command = {
  name: 'plan',
  summary: 'What a run would send and skip, and why; sends nothing',
  args: [{ name: '<sync>', description: 'name of the sync' }],
  options: [
    { flags: '--full', description: 'plan as if the snapshot were empty' },
    {
      flags: '--limit <n>',
      description: 'how many changes, skips and invalid rows to show',
      fallback: String(usualLimit),
    },
    { flags: '--out <file>', description: 'keep the plan in a file, for panelsync apply' },
  ],
  run,
};
