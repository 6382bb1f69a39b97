import { PanelsyncError } from '../../core/errors.ts';
import type { RunReport } from '../../core/model/terms.ts';
import { exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { steps } from './steps.ts';
import type { DemoStep } from './steps.ts';
import { withPlayground } from './playground.ts';
import type { Playground } from './playground.ts';
import { compare, comparisonProblems, comparisonText, deviations } from './comparison.ts';
import { booleanOption } from '../shared/options.ts';
import { planText } from '../runs/plan-text.ts';
import { createPlan, planDocument } from '../runs/plan.ts';
import { listOpenRejections, rejectionsText } from '../runs/rejections.ts';
import { reportText } from '../shared/report-text.ts';
import { runSyncs } from '../runs/run.ts';

/** Changes that a plan shows. */
const sampleSize = 3;

interface StepResult {
  readonly report: RunReport;
  /** As the command with --json prints it. */
  readonly document: object;
  readonly text: string;
}

/** Plays one step with the functions of the real commands. */
async function playStep(step: DemoStep, playground: Playground, context: CommandContext): Promise<StepResult> {
  const { app, warehouse, simulator } = playground;
  const { shutdown, terminal } = context;
  for (const statement of step.statements) await warehouse.rows(statement);
  if (step.rejectedIds.length > 0) {
    const ids = step.rejectedIds.join(', ');
    const rejectedPeople = await warehouse.rows<{ email: string }>(`select email from people where id in (${ids})`);
    simulator.setOptions({ rejectedEmails: rejectedPeople.map(({ email }) => email), pointerFormat: 'none' });
  }
  const options = { full: false, shutdown, onProgress: () => undefined };
  if (step.action === 'plan') {
    const plan = await createPlan(app, { ...options, sync: step.sync, file: null, limit: sampleSize });
    return {
      report: plan.report,
      document: planDocument(plan, app),
      text: planText(plan, app.config.destination, terminal),
    };
  }
  const [report] = await runSyncs(app, [app.sync(step.sync)], { ...options, force: false, limit: null });
  if (report === undefined) throw demoCanceledError();
  const sections = [reportText(report, terminal)];
  if (step.listsRejections)
    sections.push(rejectionsText(await listOpenRejections(app, step.sync, null), step.sync, terminal));
  return { report, document: report, text: sections.join('\n\n') };
}

/** Tells the whole story; returns what did not come out as told. */
async function playStory(playground: Playground, context: CommandContext): Promise<readonly string[]> {
  const { json, terminal } = context;
  const print = (text: string): void => (json ? undefined : terminal.print(text));
  const documents: object[] = [];
  const problems: string[] = [];
  let currentChapter = '';
  let chapterCount = 0;
  for (const step of steps) {
    if (step.chapter !== currentChapter) {
      chapterCount += 1;
      currentChapter = step.chapter;
      print(`\n${terminal.colours.bold(`${chapterCount}. ${step.chapter}`)}`);
    }
    print(`\n${step.story}\n`);
    const { report, document, text } = await playStep(step, playground, context);
    if (context.shutdown.drain.aborted) throw demoCanceledError();
    print(text);
    documents.push({ chapter: step.chapter, ...document });
    problems.push(...deviations(step, report));
  }
  const comparison = await compare(playground);
  print(`\n${terminal.colours.bold('The end: the Hub and the model side by side')}\n\n${comparisonText(comparison)}`);
  if (json) terminal.printJson(documents);
  return [...problems, ...comparisonProblems(comparison)];
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { json, shutdown, terminal } = context;
  const keep = booleanOption(input, 'keep');
  if (!json) terminal.print(introductionText);
  try {
    return await withPlayground(context, keep, async (playground) => {
      const problems = await playStory(playground, context);
      if (!json) terminal.print(closingText(playground.directory, keep, problems.length === 0));
      else if (keep) terminal.printNotice(`Kept in ${playground.directory}.`);
      if (problems.length === 0) return exitCodes.ok;
      terminal.printNotice(`Not everything came out as told:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
      return exitCodes.failed;
    });
  } catch (error) {
    throw shutdown.drain.aborted ? demoCanceledError() : error;
  }
}

const introductionText = `A warehouse with made-up people is synced to a Research Hub. Both are on this machine and only for the demo:
an embedded Postgres is the warehouse and keeps the state, a simulator stands in for the Hub.`;

function closingText(directory: string, keep: boolean, asExpected: boolean): string {
  const files = keep
    ? `Configuration, models and data are kept in ${directory}.`
    : `Configuration, models and data were in ${directory} and are removed now; --keep keeps them.`;
  return `
${asExpected ? 'Everything came out as told. ' : ''}${files}

With your own people: panelsync init writes a configuration and a model to start from; then panelsync check,
panelsync plan and panelsync run.`;
}

function demoCanceledError(): PanelsyncError {
  return new PanelsyncError({
    code: 'canceled',
    recovery: 'canceled',
    message: 'The demo was stopped.',
    hint: 'What it made is gone, unless it was to be kept (--keep).',
  });
}

export const demoCommand: Command = {
  name: 'demo',
  summary: 'The whole story with nothing configured: made-up people, a simulated Hub',
  args: [],
  options: [{ flags: '--keep', description: 'keep the folder with its files' }],
  shutdownMessage: 'Stopping the demo.',
  run,
};
