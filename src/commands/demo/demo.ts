import { PanelsyncError } from '../../core/errors.ts';
import type { RunReport } from '../../core/model/terms.ts';
import { exitCodes } from '../command.ts';
import type { Command, CommandContext, Input } from '../command.ts';
import { steps } from './steps.ts';
import type { Step } from './steps.ts';
import { withPlayground } from './playground.ts';
import type { Playground } from './playground.ts';
import { compare, comparisonFaults, comparisonText, deviations } from './comparison.ts';
import { flag } from '../shared/options.ts';
import { planText } from '../runs/plan-text.ts';
import { makePlan, planDocument } from '../runs/plan.ts';
import { openRejections, rejectionsText } from '../runs/rejections.ts';
import { reportText } from '../shared/report-text.ts';
import { runSyncs } from '../runs/run.ts';

/** Changes that a plan shows. */
const sampleSize = 3;

interface Played {
  readonly report: RunReport;
  /** As the command with --json prints it. */
  readonly document: object;
  readonly text: string;
}

/** Plays one step with the functions of the real commands. */
async function play(step: Step, playground: Playground, context: CommandContext): Promise<Played> {
  const { app, warehouse, simulator } = playground;
  const { stop, terminal } = context;
  for (const statement of step.statements) await warehouse.rows(statement);
  if (step.refused.length > 0) {
    const ids = step.refused.join(', ');
    const refused = await warehouse.rows<{ email: string }>(`select email from people where id in (${ids})`);
    simulator.setOptions({ poison: refused.map(({ email }) => email), pointers: 'none' });
  }
  const choices = { full: false, stop, onProgress: () => undefined };
  if (step.does === 'plan') {
    const plan = await makePlan(app, { ...choices, sync: step.sync, file: null, limit: sampleSize });
    return {
      report: plan.report,
      document: planDocument(plan, app),
      text: planText(plan, app.config.destination, terminal),
    };
  }
  const [report] = await runSyncs(app, [app.sync(step.sync)], { ...choices, force: false, limit: null });
  if (report === undefined) throw stopped();
  const texts = [reportText(report, terminal)];
  if (step.listsRejections) texts.push(rejectionsText(await openRejections(app, step.sync, null), step.sync, terminal));
  return { report, document: report, text: texts.join('\n\n') };
}

/** Tells the whole story; returns what did not come out as told. */
async function tellStory(playground: Playground, context: CommandContext): Promise<readonly string[]> {
  const { json, terminal } = context;
  const say = (text: string): void => (json ? undefined : terminal.print(text));
  const documents: object[] = [];
  const faults: string[] = [];
  let told = '';
  let chapters = 0;
  for (const step of steps) {
    if (step.chapter !== told) {
      chapters += 1;
      told = step.chapter;
      say(`\n${terminal.colours.bold(`${chapters}. ${step.chapter}`)}`);
    }
    say(`\n${step.story}\n`);
    const { report, document, text } = await play(step, playground, context);
    if (context.stop.drain.aborted) throw stopped();
    say(text);
    documents.push({ chapter: step.chapter, ...document });
    faults.push(...deviations(step, report));
  }
  const comparison = await compare(playground);
  say(`\n${terminal.colours.bold('The end: the Hub and the model side by side')}\n\n${comparisonText(comparison)}`);
  if (json) terminal.print(JSON.stringify(documents, null, 2));
  return [...faults, ...comparisonFaults(comparison)];
}

async function run(context: CommandContext, input: Input): Promise<number> {
  const { json, stop, terminal } = context;
  const keep = flag(input, 'keep');
  if (!json) terminal.print(introduction);
  try {
    return await withPlayground(context, keep, async (playground) => {
      const faults = await tellStory(playground, context);
      if (!json) terminal.print(farewell(playground.folder, keep, faults.length === 0));
      else if (keep) terminal.tell(`Kept in ${playground.folder}.`);
      if (faults.length === 0) return exitCodes.ok;
      terminal.tell(`Not everything came out as told:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
      return exitCodes.failed;
    });
  } catch (error) {
    throw stop.drain.aborted ? stopped() : error;
  }
}

const introduction = `A warehouse with made-up people is synced to a Research Hub. Both are on this machine and only for the demo:
an embedded Postgres is the warehouse and keeps the state, a simulator stands in for the Hub.`;

function farewell(folder: string, keep: boolean, asTold: boolean): string {
  const files = keep
    ? `Configuration, models and data are kept in ${folder}.`
    : `Configuration, models and data were in ${folder} and are removed now; --keep keeps them.`;
  return `
${asTold ? 'Everything came out as told. ' : ''}${files}

With your own people: panelsync init writes a configuration and a model to start from; then panelsync check,
panelsync plan and panelsync run.`;
}

function stopped(): PanelsyncError {
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
  onStop: 'Stopping the demo.',
  run,
};
