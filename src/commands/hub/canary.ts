import type { App } from '../../app.ts';
import { canarySync } from '../../sync/canary/canary.ts';
import type { CanaryResult, CanaryRequest } from '../../sync/canary/canary.ts';
import { canaryDocument, canaryText, testPersonText } from './canary-text.ts';
import { printResult, exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { discover, writeDiscovered } from './discover.ts';
import { discoveryDocument, discoveryText } from './discover-text.ts';
import { argumentAt, booleanOption, stringOption, usageError } from '../shared/options.ts';
import { progressOption, showProgress, stepLabel } from '../shared/progress.ts';

/** The Hub's list may lag behind what it has accepted. */
const defaultRetryDelaysMs = [500, 1000, 2000, 4000];

type CanaryCommandOptions = Pick<CanaryRequest, 'email' | 'shutdown' | 'onProgress' | 'onPerson'> & {
  readonly sync: string;
};

/** Sends one test person and reads them back, to verify the wire profile. */
export async function sendCanary(app: App, options: CanaryCommandOptions): Promise<CanaryResult> {
  const sync = app.sync(options.sync);
  const { hub, canaries } = await app.migratedState();
  const { wire, checkCharacteristics } = app.config.destination;
  const request = { ...options, sync, wire, checkCharacteristics, retryDelaysMs: defaultRetryDelaysMs };
  return app.withDeps(sync, (deps) => canarySync(request, { ...deps, state: hub, canaries }));
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const sync = argumentAt(input, 0);
  const email = stringOption(input, 'email');
  if (email === null) {
    throw usageError(
      'canary needs the e-mail of a test person.',
      'Use an address of your own: --email you+canary@your-company.com. The person is written to the Hub.',
    );
  }
  const { terminal, shutdown } = context;
  const [discovers, writes] = [booleanOption(input, 'discover'), booleanOption(input, 'write')];
  if (writes && !discovers) throw usageError('--write needs --discover.', 'A canary alone finds no other profile.');
  const app = await context.app();
  const display = showProgress(context, input, stepLabel(app.config.destination));
  const onProgress: CanaryCommandOptions['onProgress'] = (progress) => display.show({ sync, runId: null, ...progress });
  if (discovers) {
    const retryDelaysMs = defaultRetryDelaysMs;
    const request = { sync, email, shutdown, onProgress, retryDelaysMs };
    const discovery = await discover(app, request).finally(() => display.stop());
    const file = writes ? await writeDiscovered(app, discovery) : null;
    const view = { discovery, sync, email, file };
    printResult(context, discoveryDocument(view), () => discoveryText(view, terminal));
    return discovery.outcome === 'none' ? exitCodes.rowsRejected : exitCodes.ok;
  }
  const options: CanaryCommandOptions = {
    sync,
    email,
    shutdown,
    onProgress,
    onPerson: (person) => {
      display.stop();
      if (terminal.isInteractive) terminal.printNotice(testPersonText(person));
    },
  };
  const canary = await sendCanary(app, options).finally(() => display.stop());
  const view = { canary, sync: app.sync(sync), email };
  printResult(context, canaryDocument(view), () => canaryText(view, terminal));
  return canary.verdict === 'wrong' ? exitCodes.rowsRejected : exitCodes.ok;
}

export const canaryCommand: Command = {
  name: 'canary',
  summary: 'Sends one test person to the Hub to verify the wire profile',
  args: [{ name: '<sync>', description: 'name of the sync whose mapping is used' }],
  options: [
    { flags: '--email <e-mail>', description: 'e-mail of the test person, who is written to the Hub' },
    { flags: '--discover', description: 'try other wire profiles until one brings every field to the Hub' },
    { flags: '--write', description: 'with --discover: write a confirmed profile into the configuration' },
    progressOption,
  ],
  run,
};
