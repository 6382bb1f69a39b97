import type { App } from '../../app.ts';
import { PanelsyncError } from '../../core/errors.ts';
import { resolveByHand } from '../../sync/recover/resolve-by-hand.ts';
import type { ManualResolution } from '../../sync/recover/resolve-by-hand.ts';
import { printResult, exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { findRun } from '../shared/find-run.ts';
import { argumentAt, booleanOption, usageError, integerOption } from '../shared/options.ts';
import { pluralize } from '../shared/report-text.ts';

export interface ResolveResult {
  readonly sync: string;
  readonly runId: string;
  readonly outcome: ManualResolution['outcome'];
  /** Numbers of the batches that are settled now. */
  readonly batches: readonly number[];
  readonly people: number;
}

/** Settles by hand what became of batches whose outcome is unknown. */
export async function resolveRun(
  app: App,
  runRef: string,
  decision: Omit<ManualResolution, 'runId'>,
): Promise<ResolveResult> {
  const { runId, sync: name } = await findRun(await app.records(), runRef, { includePlans: false });
  const sync = app.sync(name);
  const openState = await app.state();
  await openState.migrate();
  const { batches, people } = await resolveByHand(sync, { ...decision, runId }, openState.state);
  if (batches.length === 0) throw noUnknownOutcomeError(runId, decision.batch);
  return { sync: name, runId, outcome: decision.outcome, batches, people };
}

function noUnknownOutcomeError(runId: string, batch: number | null): PanelsyncError {
  const batchText = batch === null ? 'no batch' : `no batch ${batch}`;
  return new PanelsyncError({
    code: 'nothing_unknown',
    recovery: 'usage',
    message: `Run ${runId} has ${batchText} whose outcome is unknown.`,
    hint: 'panelsync status names the runs that have.',
  });
}

function parseDecision(input: CommandInput): Omit<ManualResolution, 'runId'> {
  const [sent, unsent] = [booleanOption(input, 'sent'), booleanOption(input, 'unsent')];
  if (sent === unsent) {
    const hint = 'Look some of its people up in the Hub; a batch arrives as a whole or not at all.';
    throw usageError('resolve takes either --sent or --unsent.', hint);
  }
  return { outcome: sent ? 'sent' : 'unsent', batch: integerOption(input, 'batch', 1) };
}

function resolveResultText({ sync, runId, outcome, batches, people }: ResolveResult): string {
  const batchText = `${pluralize(batches.length, 'batch', 'batches')} of run ${runId} (${pluralize(people, 'person', 'people')})`;
  if (outcome === 'sent') return `${batchText} count as sent: the snapshot of ${sync} has them as they were sent.`;
  return `${batchText} count as not sent: the next run of ${sync} plans these people anew.`;
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const decision = parseDecision(input);
  const result = await resolveRun(await context.app(), argumentAt(input, 0), decision);
  printResult(context, result, () => resolveResultText(result));
  return exitCodes.ok;
}

export const resolveCommand: Command = {
  name: 'resolve',
  summary: 'Settles by hand whether batches with an unknown outcome were stored by the Hub',
  args: [{ name: '<run>', description: 'its id, or latest' }],
  options: [
    { flags: '--sent', description: 'the Hub has stored them' },
    { flags: '--unsent', description: 'it has not; they are sent again' },
    { flags: '--batch <n>', description: 'only this batch of the run' },
  ],
  run,
};
