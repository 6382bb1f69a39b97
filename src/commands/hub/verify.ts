import type { App } from '../../app.ts';
import { PanelsyncError } from '../../core/errors.ts';
import { verifySync } from '../../sync/audit/verify.ts';
import type { Verification, VerifyRequest } from '../../sync/audit/verify.ts';
import { showReading } from './baseline.ts';
import { answer, exitCodes } from '../command.ts';
import type { Command, CommandContext, Input } from '../command.ts';
import { argument, flag, usageError, wholeNumber } from '../shared/options.ts';
import { isAgreed, verificationDocument, verificationText } from './verify-text.ts';

const usualLimit = 20;

export type VerifyChoices = Omit<VerifyRequest, 'sync'> & { readonly sync: string };

/** Lays the Hub's list beside the snapshot. Only a repair writes anything. */
export async function makeVerification(app: App, choices: VerifyChoices): Promise<Verification> {
  const sync = app.sync(choices.sync);
  if (!(await app.hasState())) throw nothingKnown(sync.name);
  const opened = await app.state();
  if (choices.repair === null) await opened.requireCurrent();
  else await opened.migrate();
  const deps = {
    state: opened.hub,
    source: app.source(sync),
    destination: app.destination(),
    formats: app.formats,
    log: app.log,
  };
  return verifySync({ ...choices, sync }, deps);
}

function nothingKnown(sync: string): PanelsyncError {
  return new PanelsyncError({
    code: 'no_state',
    recovery: 'usage',
    message: 'There is no state yet that the Hub could be compared with.',
    hint: `Make known whom the Hub holds with panelsync baseline ${sync}, or run panelsync run ${sync}.`,
  });
}

function repairChoice(input: Input): VerifyRequest['repair'] {
  const [recreate, force] = [flag(input, 'recreate'), flag(input, 'force')];
  if (flag(input, 'repair')) return { recreate, force };
  if (!recreate && !force) return null;
  throw usageError('--recreate and --force go with --repair.', 'Add --repair, or leave them out.');
}

async function run(context: CommandContext, input: Input): Promise<number> {
  const repair = repairChoice(input);
  const sample = wholeNumber(input, 'sample', 1);
  const limit = wholeNumber(input, 'limit', 0) ?? usualLimit;
  const sync = argument(input, 0);
  const app = await context.app();
  const progress = showReading(context.terminal, 'hub');
  const { drain: signal } = context.stop;
  const choices = { sync, sample, limit, repair, signal, onProgress: progress.show };
  const verification = await makeVerification(app, choices).finally(progress.stop);
  const told = { sync: app.sync(sync), ignoreUnknown: flag(input, 'ignoreUnknown'), verification };
  answer(context, verificationDocument(told), () => verificationText(told, context.terminal));
  if (verification.error !== null) return exitCodes.guard;
  return isAgreed(told) ? exitCodes.ok : exitCodes.rowsRefused;
}

export const verifyCommand: Command = {
  name: 'verify',
  summary: 'Compares the Hub with the snapshot: who is missing, different or unknown',
  args: [{ name: '<sync>', description: 'name of the sync' }],
  options: [
    { flags: '--sample <n>', description: 'look at about n people drawn at random instead of all' },
    { flags: '--limit <n>', description: 'how many people to show, of each kind', fallback: String(usualLimit) },
    { flags: '--ignore-unknown', description: 'people whom the sync does not know are no disagreement' },
    {
      flags: '--repair',
      description: 'let the next run send those who differ, and send nobody again who was deleted in the Hub',
    },
    {
      flags: '--recreate',
      description: 'with --repair: let the next run create those again who were deleted in the Hub',
    },
    { flags: '--force', description: 'with --repair: pass the guard against too many missing people' },
  ],
  run,
};
