import type { App } from '../../app.ts';
import { PanelsyncError } from '../../core/errors.ts';
import { resolveByHand } from '../../sync/recover/resolve-by-hand.ts';
import type { Verdict } from '../../sync/recover/resolve-by-hand.ts';
import { answer, exitCodes } from '../command.ts';
import type { Command, CommandContext, Input } from '../command.ts';
import { findRun } from '../shared/find-run.ts';
import { argument, flag, usageError, wholeNumber } from '../shared/options.ts';
import { counted } from '../shared/report-text.ts';

export interface Resolved {
  readonly sync: string;
  readonly runId: string;
  readonly outcome: Verdict['outcome'];
  /** Numbers of the batches that are settled now. */
  readonly batches: readonly number[];
  readonly people: number;
}

/** Settles by hand what became of batches whose outcome is unknown. */
export async function resolveRun(app: App, wanted: string, verdict: Omit<Verdict, 'runId'>): Promise<Resolved> {
  const { runId, sync: name } = await findRun(await app.records(), wanted, { plans: false });
  const sync = app.sync(name);
  const opened = await app.state();
  await opened.migrate();
  const { batches, people } = await resolveByHand(sync, { ...verdict, runId }, opened.state);
  if (batches.length === 0) throw nothingUnknown(runId, verdict.batch);
  return { sync: name, runId, outcome: verdict.outcome, batches, people };
}

function nothingUnknown(runId: string, batch: number | null): PanelsyncError {
  const what = batch === null ? 'no batch' : `no batch ${batch}`;
  return new PanelsyncError({
    code: 'nothing_unknown',
    recovery: 'usage',
    message: `Run ${runId} has ${what} whose outcome is unknown.`,
    hint: 'panelsync status names the runs that have.',
  });
}

function verdictOf(input: Input): Omit<Verdict, 'runId'> {
  const [sent, unsent] = [flag(input, 'sent'), flag(input, 'unsent')];
  if (sent === unsent) {
    const hint = 'Look some of its people up in the Hub; a batch arrives as a whole or not at all.';
    throw usageError('resolve takes either --sent or --unsent.', hint);
  }
  return { outcome: sent ? 'sent' : 'unsent', batch: wholeNumber(input, 'batch', 1) };
}

function resolvedText({ sync, runId, outcome, batches, people }: Resolved): string {
  const what = `${counted(batches.length, 'batch', 'batches')} of run ${runId} (${counted(people, 'person', 'people')})`;
  if (outcome === 'sent') return `${what} count as sent: the snapshot of ${sync} has them as they were sent.`;
  return `${what} count as not sent: the next run of ${sync} plans these people anew.`;
}

async function run(context: CommandContext, input: Input): Promise<number> {
  const verdict = verdictOf(input);
  const resolved = await resolveRun(await context.app(), argument(input, 0), verdict);
  answer(context, resolved, () => resolvedText(resolved));
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
