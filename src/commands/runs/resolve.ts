import type { App } from '../../app.ts';
import { recordAction } from '../../app/record-action.ts';
import { PanelsyncError } from '../../core/errors.ts';
import { resolveByHand } from '../../sync/recover/resolve-by-hand.ts';
import type { ManualResolution } from '../../sync/recover/resolve-by-hand.ts';
import { printResult, exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { findRun } from '../shared/find-run.ts';
import { argumentAt, booleanOption, usageError, integerOption } from '../shared/options.ts';
import { formatPeople, pluralize } from '../../lib/format.ts';

export interface ResolveResult {
  readonly sync: string;
  readonly runId: string;
  readonly outcome: ManualResolution['outcome'];
  /** Numbers of the batches that are settled now. */
  readonly batches: readonly number[];
  readonly people: number;
}

/** Marks batches with an unknown outcome as delivered or not delivered. */
export async function resolveRun(
  app: App,
  runRef: string,
  decision: Omit<ManualResolution, 'runId'>,
): Promise<ResolveResult> {
  const { runId, sync: name } = await findRun(await app.records(), runRef, { includePlans: false });
  const sync = app.sync(name);
  const { state } = await app.migratedState();
  const { batches, people } = await resolveByHand(sync, { ...decision, runId }, state);
  if (batches.length === 0) throw noUnknownOutcomeError(runId, decision.batch);
  const counts = { batches: batches.length, people };
  await recordAction(app, { action: 'resolve', sync: name, runId, reason: `marked as ${decision.outcome}`, counts });
  return { sync: name, runId, outcome: decision.outcome, batches, people };
}

function noUnknownOutcomeError(runId: string, batch: number | null): PanelsyncError {
  const batchText = batch === null ? 'no batch' : `no batch ${batch}`;
  return new PanelsyncError({
    code: 'nothing_unknown',
    recovery: 'usage',
    message: `Run ${runId} has ${batchText} with an unknown outcome.`,
    hint: 'panelsync status lists the runs that have one.',
  });
}

function parseDecision(input: CommandInput): Omit<ManualResolution, 'runId'> {
  const [sent, unsent] = [booleanOption(input, 'sent'), booleanOption(input, 'unsent')];
  if (sent === unsent) {
    const hint = 'Look up a few of its people in the Hub: a batch is stored as a whole or not at all.';
    throw usageError('resolve takes either --sent or --unsent.', hint);
  }
  return { outcome: sent ? 'sent' : 'unsent', batch: integerOption(input, 'batch', 1) };
}

function resolveResultText({ sync, runId, outcome, batches, people }: ResolveResult): string {
  const batchText = `${pluralize(batches.length, 'batch', 'batches')} of run ${runId} (${formatPeople(people)})`;
  if (outcome === 'sent') return `Marked as delivered: ${batchText}. The snapshot of ${sync} now holds what was sent.`;
  return `Marked as not delivered: ${batchText}. The next run of ${sync} plans these people again.`;
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const decision = parseDecision(input);
  const result = await resolveRun(await context.app(), argumentAt(input, 0), decision);
  printResult(context, result, () => resolveResultText(result));
  return exitCodes.ok;
}

export const resolveCommand: Command = {
  name: 'resolve',
  summary: 'Marks batches with an unknown outcome as delivered or not delivered',
  args: [{ name: '<run>', description: 'id of the run, or latest' }],
  options: [
    { flags: '--sent', description: 'the Hub stored them' },
    { flags: '--unsent', description: 'the Hub did not store them; the next run sends them again' },
    { flags: '--batch <n>', description: 'only this batch of the run' },
  ],
  run,
};
