import { resolve } from 'node:path';
import { createPlan } from '../../app/create-plan.ts';
import { exitCodeForReport, printResult } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { argumentAt, booleanOption, integerOption, stringOption } from '../shared/options.ts';
import { planDocument } from '../../app/plan-document.ts';
import { planText } from '../shared/plan-text.ts';
import { progressOption, showProgress, stepLabel } from '../shared/progress.ts';

const defaultLimit = 20;

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const limit = integerOption(input, 'limit', 0) ?? defaultLimit;
  const { cwd, shutdown, terminal } = context;
  const sync = argumentAt(input, 0);
  const app = await context.app();
  const { destination: rate } = app.config;
  const savedTo = stringOption(input, 'out');
  const file = savedTo === null ? null : resolve(cwd, savedTo);
  const display = showProgress(context, input, stepLabel(rate));
  const plan = await createPlan(app, {
    sync,
    full: booleanOption(input, 'full'),
    limit,
    shutdown,
    file,
    onProgress: (progress) => display.show({ sync, runId: null, ...progress }),
  }).finally(() => display.stop());
  const fileField = file === null ? {} : { file };
  printResult(context, { ...planDocument(plan, app), ...fileField }, () => planText(plan, { rate, savedTo }, terminal));
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
      description: 'how many changes, skipped rows and invalid rows to show',
      defaultValue: String(defaultLimit),
    },
    { flags: '--out <file>', description: 'save the plan to a file, for panelsync apply' },
    progressOption,
  ],
  run,
};
