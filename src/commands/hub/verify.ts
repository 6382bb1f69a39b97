import type { App } from '../../app.ts';
import { PanelsyncError } from '../../core/errors.ts';
import { verifySync } from '../../sync/audit/verify.ts';
import type { Verification, VerifyRequest } from '../../sync/audit/verify.ts';
import { showReadProgress } from './baseline.ts';
import { printResult, exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { argumentAt, booleanOption, usageError, integerOption } from '../shared/options.ts';
import { isAgreed, verificationDocument, verificationText } from './verify-text.ts';

const defaultLimit = 20;

export type VerifyCommandOptions = Omit<VerifyRequest, 'sync'> & { readonly sync: string };

/** Lays the Hub's list beside the snapshot. Only a repair writes anything. */
export async function verifyAgainstHub(app: App, options: VerifyCommandOptions): Promise<Verification> {
  const sync = app.sync(options.sync);
  if (!(await app.hasState())) throw noStateError(sync.name);
  const openState = await app.state();
  if (options.repair === null) await openState.requireCurrent();
  else await openState.migrate();
  const deps = {
    state: openState.hub,
    source: app.source(sync),
    destination: app.destination(),
    formats: app.formats,
    log: app.log,
  };
  return verifySync({ ...options, sync }, deps);
}

function noStateError(sync: string): PanelsyncError {
  return new PanelsyncError({
    code: 'no_state',
    recovery: 'usage',
    message: 'There is no state yet that the Hub could be compared with.',
    hint: `Make known whom the Hub holds with panelsync baseline ${sync}, or run panelsync run ${sync}.`,
  });
}

function repairOption(input: CommandInput): VerifyRequest['repair'] {
  const [recreate, force] = [booleanOption(input, 'recreate'), booleanOption(input, 'force')];
  if (booleanOption(input, 'repair')) return { recreate, force };
  if (!recreate && !force) return null;
  throw usageError('--recreate and --force go with --repair.', 'Add --repair, or leave them out.');
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const repair = repairOption(input);
  const sample = integerOption(input, 'sample', 1);
  const limit = integerOption(input, 'limit', 0) ?? defaultLimit;
  const sync = argumentAt(input, 0);
  const app = await context.app();
  const progress = showReadProgress(context.terminal, 'hub');
  const { drain: signal } = context.shutdown;
  const options = { sync, sample, limit, repair, signal, onProgress: progress.show };
  const verification = await verifyAgainstHub(app, options).finally(progress.stop);
  const view = { sync: app.sync(sync), ignoreUnknown: booleanOption(input, 'ignoreUnknown'), verification };
  printResult(context, verificationDocument(view), () => verificationText(view, context.terminal));
  if (verification.error !== null) return exitCodes.guard;
  return isAgreed(view) ? exitCodes.ok : exitCodes.rowsRejected;
}

export const verifyCommand: Command = {
  name: 'verify',
  summary: 'Compares the Hub with the snapshot: who is missing, different or unknown',
  args: [{ name: '<sync>', description: 'name of the sync' }],
  options: [
    { flags: '--sample <n>', description: 'look at about n people drawn at random instead of all' },
    { flags: '--limit <n>', description: 'how many people to show, of each kind', defaultValue: String(defaultLimit) },
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
