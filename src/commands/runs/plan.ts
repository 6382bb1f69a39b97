import { resolve } from 'node:path';
import type { App } from '../../app.ts';
import type { ShutdownSignals } from '../../core/ports/shutdown-signals.ts';
import { planSync } from '../../sync/plan/plan-sync.ts';
import type { PlanRequest, SyncPlan } from '../../sync/plan/plan-sync.ts';
import { savePlan } from '../../sync/approve/save-plan.ts';
import { printResult, exitCodeForReport } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { argumentAt, booleanOption, stringOption, integerOption } from '../shared/options.ts';
import { planText } from './plan-text.ts';
import { estimateSendCost, showProgress } from '../shared/progress.ts';

const defaultLimit = 20;

interface PlanCommandOptions extends Pick<PlanRequest, 'full' | 'limit' | 'onProgress'> {
  readonly sync: string;
  readonly shutdown: ShutdownSignals;
  /** Where the plan is to be kept; `null`: nowhere. */
  readonly file: string | null;
}

/** Plans one sync. The plan is put on record, so the state database gets its tables first. */
export async function createPlan(app: App, options: PlanCommandOptions): Promise<SyncPlan> {
  const sync = app.sync(options.sync);
  await (await app.state()).migrate();
  const { file, shutdown } = options;
  const request = { ...options, sync, signal: shutdown.drain };
  return app.withDeps(sync, (deps) => (file === null ? planSync(request, deps) : savePlan({ ...request, file }, deps)));
}

/** The document of `plan --json`: the report, with samples and with what sending would cost. */
export function planDocument(plan: SyncPlan, app: App): object {
  const { report, sample, skips, invalid } = plan;
  const { requests, minutes } = estimateSendCost(report.rows.inserted + report.rows.updated, app.config.destination);
  return {
    ...report,
    sample,
    skipped: skips.map(({ key, reason }) => ({ email: key, reason })),
    invalid: invalid.map(({ key, email, errors: faults }) => ({ email: email ?? key, faults })),
    requestsPlanned: requests,
    minutesPlanned: Math.ceil(minutes * 100) / 100,
  };
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const limit = integerOption(input, 'limit', 0) ?? defaultLimit;
  const app = await context.app();
  const progress = showProgress(context.terminal, app.config.destination);
  const out = stringOption(input, 'out');
  const file = out === null ? null : resolve(context.cwd, out);
  const options = {
    sync: argumentAt(input, 0),
    full: booleanOption(input, 'full'),
    limit,
    shutdown: context.shutdown,
    file,
  };
  const plan = await createPlan(app, { ...options, onProgress: (step) => progress.show(step) }).finally(() =>
    progress.stop(),
  );
  const fileField = file === null ? {} : { file };
  printResult(context, { ...planDocument(plan, app), ...fileField }, () => {
    const output = planText(plan, app.config.destination, context.terminal);
    return out === null ? output : `${output}\n\nKept in ${out}: panelsync apply ${out} sends just this, or nothing.`;
  });
  return exitCodeForReport(plan.report);
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
      defaultValue: String(defaultLimit),
    },
    { flags: '--out <file>', description: 'keep the plan in a file, for panelsync apply' },
  ],
  run,
};
