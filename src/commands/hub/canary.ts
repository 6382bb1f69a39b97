import type { App } from '../../app.ts';
import { canarySync } from '../../sync/canary/canary.ts';
import type { Canary, CanaryRequest } from '../../sync/canary/canary.ts';
import { canaryDocument, canaryText, personText } from './canary-text.ts';
import { answer, exitCodes } from '../command.ts';
import type { Command, CommandContext, Input } from '../command.ts';
import { argument, text, usageError } from '../shared/options.ts';
import { showProgress } from '../shared/progress.ts';

/** The Hub's list may lag behind what it has accepted. */
const usualWaitsMs = [500, 1000, 2000, 4000];

type Choices = Pick<CanaryRequest, 'email' | 'stop' | 'onProgress' | 'onPerson'> & { readonly sync: string };

/** Sends one test person and tells what it says about the wire profile. */
export async function sendCanary(app: App, choices: Choices): Promise<Canary> {
  const sync = app.sync(choices.sync);
  const opened = await app.state();
  await opened.migrate();
  const request = { ...choices, sync, wire: app.config.destination.wire, waitsMs: usualWaitsMs };
  return app.withDeps(sync, (deps) => canarySync(request, { ...deps, state: opened.hub, canaries: opened.canaries }));
}

async function run(context: CommandContext, input: Input): Promise<number> {
  const sync = argument(input, 0);
  const email = text(input, 'email');
  if (email === null) {
    throw usageError(
      'canary takes the e-mail of a test person.',
      'Name one that is yours: --email you+canary@your-company.com. It is written to the Hub.',
    );
  }
  const { terminal, stop } = context;
  const app = await context.app();
  const progress = showProgress(terminal, app.config.destination);
  const choices: Choices = {
    sync,
    email,
    stop,
    onProgress: progress.show,
    onPerson: (person) => {
      progress.stop();
      if (terminal.isInteractive) terminal.tell(personText(person));
    },
  };
  const canary = await sendCanary(app, choices).finally(progress.stop);
  const told = { canary, sync: app.sync(sync), email };
  answer(context, canaryDocument(told), () => canaryText(told, terminal));
  return canary.verdict === 'wrong' ? exitCodes.rowsRefused : exitCodes.ok;
}

export const canaryCommand: Command = {
  name: 'canary',
  summary: 'Sends one test person to the Hub and tells which settings of the wire profile are right',
  args: [{ name: '<sync>', description: 'name of the sync whose mapping is tried' }],
  options: [{ flags: '--email <e-mail>', description: 'of the test person, who is written to the Hub' }],
  run,
};
