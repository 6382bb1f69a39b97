/** The demo: a whole sync with made-up people, an embedded Postgres and the simulator. */

import { PanelsyncError } from '../../core/errors.ts';
import type { RunReport } from '../../core/model/terms.ts';
import { exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { steps } from './steps.ts';
import type { DemoStep } from './steps.ts';
import { demoToken, serveDemo } from './serve.ts';
import { withPlayground } from './playground.ts';
import type { Playground } from './playground.ts';
import { compare, comparisonProblems, comparisonText, deviations } from './comparison.ts';
import { booleanOption } from '../shared/options.ts';
import { createPlan } from '../../app/create-plan.ts';
import { runSyncs } from '../../app/runs/run-syncs.ts';
import { planDocument } from '../../app/plan-document.ts';
import { planText } from '../shared/plan-text.ts';
import { loadRejections, rejectionsList } from '../shared/rejections.ts';
import { listText } from '../shared/row-list.ts';
import { reportText } from '../shared/report-text.ts';

/** Changes that a plan shows. */
const sampleSize = 3;

interface StepResult {
  readonly report: RunReport;
  /** As the command with --json prints it. */
  readonly document: object;
  readonly text: string;
}

/** Executes one step with the functions of the real commands. */
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
      text: planText(plan, { rate: app.config.destination, savedTo: null }, terminal),
    };
  }
  const [report] = await runSyncs(app, [app.sync(step.sync)], { ...options, force: false, limit: null });
  if (report === undefined) throw demoCanceledError();
  const sections = [reportText(report, terminal)];
  if (step.listsRejections)
    sections.push(
      listText(rejectionsList(await loadRejections(app, step.sync, { limit: null, reason: null })), terminal),
    );
  return { report, document: report, text: sections.join('\n\n') };
}

/** Executes every step; returns what came out otherwise than announced. */
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
  print(`\n${terminal.colours.bold('The end: the Hub compared with the model')}\n\n${comparisonText(comparison)}`);
  if (json) terminal.printJson(documents);
  return [...problems, ...comparisonProblems(comparison)];
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { json, shutdown, terminal } = context;
  const [keep, serve] = [booleanOption(input, 'keep'), booleanOption(input, 'serve')];
  if (!json) terminal.print(introductionText);
  try {
    return await withPlayground(context, { keep, server: serve ? { token: demoToken } : null }, async (playground) => {
      const problems = await playStory(playground, context);
      if (!json)
        terminal.print(
          closingText(playground, { keep, serve, asExpected: problems.length === 0, programName: context.programName }),
        );
      else if (keep) terminal.printNotice(`The files are in ${playground.directory}.`);
      if (serve && problems.length === 0) await serveDemo(playground, context, keep);
      if (problems.length === 0) return exitCodes.ok;
      terminal.printNotice(
        `Some results are not what the demo announced:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
      );
      return exitCodes.failed;
    });
  } catch (error) {
    throw shutdown.drain.aborted ? demoCanceledError() : error;
  }
}

const introductionText = `This demo syncs a warehouse of made-up people to a Research Hub. Both run on this machine, for the demo only:
an embedded Postgres is the warehouse and keeps the state, and a simulator stands in for the Hub.`;

interface Closing {
  readonly keep: boolean;
  readonly serve: boolean;
  readonly asExpected: boolean;
  readonly programName: string;
}

function closingText({ directory }: Playground, { keep, serve, asExpected, programName }: Closing): string {
  const files = keep
    ? `Configuration, models and data are in ${directory}.`
    : `Configuration, models and data are deleted again; --keep keeps them.`;
  const look = `To look at it in a browser: ${programName} demo --serve leaves it running with its page.\n\n`;
  return `
${[...(asExpected ? ['Every result is what the demo announced.'] : []), ...(serve ? [] : [files])].join(' ')}

${serve ? '' : look}To use your own people, start with ${programName} init: it writes a configuration and a model. Then use its
commands check, plan and run.`;
}

function demoCanceledError(): PanelsyncError {
  return new PanelsyncError({
    code: 'canceled',
    recovery: 'canceled',
    message: 'The demo was stopped.',
    hint: 'Its files are deleted unless you asked for --keep.',
  });
}

export const demoCommand: Command = {
  name: 'demo',
  summary: 'Shows every kind of run with made-up people and a simulated Hub; needs no configuration',
  args: [],
  options: [
    { flags: '--keep', description: 'keep the folder with configuration, models and data' },
    { flags: '--serve', description: 'leave it running with its page, until you press Ctrl-C' },
  ],
  shutdownMessage: 'Stopping the demo.',
  run,
};
