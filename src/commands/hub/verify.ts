import type { App } from '../../app.ts';
import { PanelsyncError } from '../../core/errors.ts';
import { verifySync } from '../../sync/audit/verify.ts';
import type { Verification, VerifyRequest } from '../../sync/audit/verify.ts';
import { printResult, exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { argumentAt, booleanOption, usageError, integerOption } from '../shared/options.ts';
import { progressOption, readLabel, showProgress } from '../shared/progress.ts';
import { isAgreed, verificationDocument, verificationText } from './verify-text.ts';

const defaultLimit = 20;

export type VerifyCommandOptions = Omit<VerifyRequest, 'sync'> & { readonly sync: string };

/** Compares the list of the Hub with the snapshot. Only a repair writes anything. */
export async function verifyAgainstHub(app: App, options: VerifyCommandOptions): Promise<Verification> {
  const sync = app.sync(options.sync);
  if (!(await app.hasState())) throw noStateError(sync.name);
  const openState = await (options.repair === null ? app.state() : app.migratedState());
  await openState.requireCurrent();
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
    message: 'There is no snapshot to compare the Hub with yet.',
    hint: `Import the participants of the Hub with panelsync baseline ${sync}, or start with panelsync run ${sync}.`,
  });
}

function repairOption(input: CommandInput): VerifyRequest['repair'] {
  const [recreate, force] = [booleanOption(input, 'recreate'), booleanOption(input, 'force')];
  if (booleanOption(input, 'repair')) return { recreate, force };
  if (!recreate && !force) return null;
  throw usageError('--recreate and --force need --repair.', 'Add --repair, or leave them out.');
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const repair = repairOption(input);
  const sample = integerOption(input, 'sample', 1);
  const limit = integerOption(input, 'limit', 0) ?? defaultLimit;
  const sync = argumentAt(input, 0);
  const app = await context.app();
  const display = showProgress(context, input, readLabel('hub'));
  const onProgress: VerifyRequest['onProgress'] = (done, total) =>
    display.show({ sync, runId: null, step: 'read', done, total });
  const { drain: signal } = context.shutdown;
  const options = { sync, sample, limit, repair, signal, onProgress };
  const verification = await verifyAgainstHub(app, options).finally(() => display.stop());
  const view = { sync: app.sync(sync), ignoreUnknown: booleanOption(input, 'ignoreUnknown'), verification };
  printResult(context, verificationDocument(view), () => verificationText(view, context.terminal));
  if (verification.error !== null) return exitCodes.guard;
  return isAgreed(view) ? exitCodes.ok : exitCodes.rowsRejected;
}

export const verifyCommand: Command = {
  name: 'verify',
  summary: 'Compares the Hub with the snapshot: people missing, different or unknown',
  args: [{ name: '<sync>', description: 'name of the sync' }],
  options: [
    { flags: '--sample <n>', description: 'compare a random sample of about n people instead of all' },
    { flags: '--limit <n>', description: 'how many people of each kind to show', defaultValue: String(defaultLimit) },
    { flags: '--ignore-unknown', description: 'do not count unknown people as a difference' },
    {
      flags: '--repair',
      description: 'make the next run send people who differ, and never again send people deleted in the Hub',
    },
    {
      flags: '--recreate',
      description: 'with --repair: make the next run create people again who were deleted in the Hub',
    },
    { flags: '--force', description: 'with --repair: pass the guard on missing people' },
    progressOption,
  ],
  run,
};
