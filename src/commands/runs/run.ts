import type { App } from '../../app.ts';
import { wireProfileNotes } from '../../app/wire-profile-status.ts';
import { PanelsyncError } from '../../core/errors.ts';
import type { Pause } from '../../core/ports/schedule-store.ts';
import type { SyncSettings } from '../../core/settings.ts';
import type { RunReport } from '../../core/model/terms.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import type { Progress } from '../../sync/run-context.ts';
import { runSync } from '../../sync/run-sync.ts';
import type { RunRequest } from '../../sync/run-sync.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { printResult, exitCodeForReport, exitCodes } from '../command.ts';
import { booleanOption, usageError, integerOption } from '../shared/options.ts';
import { showProgress } from '../shared/progress.ts';
import { pauseText, reportText } from '../shared/report-text.ts';

type RunCommandOptions = Pick<RunRequest, 'full' | 'force' | 'limit'>;

/**
 * Runs syncs one after the other; what stops one (a guard, a failure) does not keep the next from running.
 * `onBusy` is told of a sync that another process runs; without it such a sync ends them all.
 */
export async function runSyncs(
  app: App,
  syncs: readonly SyncSettings[],
  request: Pick<RunRequest, 'shutdown' | 'onProgress'> & RunCommandOptions & { onBusy?(error: PanelsyncError): void },
): Promise<readonly RunReport[]> {
  await (await app.state()).migrate();
  const notes = await wireProfileNotes(app);
  const reports: RunReport[] = [];
  for (const sync of syncs) {
    if (request.shutdown.drain.aborted) break;
    const delivery = app.config.destination;
    try {
      const runRequest: RunRequest = { ...request, sync, trigger: 'manual', delivery, notes };
      reports.push(await app.withDeps(sync, (deps) => runSync(runRequest, deps)));
    } catch (error) {
      if (request.onBusy === undefined || !(error instanceof PanelsyncError) || error.recovery !== 'busy') throw error;
      request.onBusy(error);
    }
  }
  return reports;
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const [name] = input.args;
  const { terminal } = context;
  const all = booleanOption(input, 'all');
  if (all === (name !== undefined))
    throw usageError('run takes the name of one sync, or --all.', 'panelsync status lists the syncs.');
  const options: RunCommandOptions = {
    full: booleanOption(input, 'full'),
    force: booleanOption(input, 'force'),
    limit: integerOption(input, 'limit', 1),
  };
  const app = await context.app();
  const syncs = name === undefined ? await unpausedSyncs(app, terminal) : [await requestedSync(app, name, terminal)];
  const progress = showProgress(context.terminal, app.config.destination);
  const onProgress = (step: Progress): void => progress.show(step);
  const busyErrors: PanelsyncError[] = [];
  const onBusy = (error: PanelsyncError): void => void busyErrors.push(error);
  const reports = await runSyncs(app, syncs, { ...options, shutdown: context.shutdown, onProgress, onBusy }).finally(
    () => progress.stop(),
  );
  if (reports.length === 0 && syncs.length > 0) throw busyErrors[0] ?? canceledBeforeFirstRun();
  for (const { message, hint } of busyErrors) terminal.printNotice(`${message}\n  ${hint}`);
  const reportsText = (): string => reports.map((report) => reportText(report, terminal)).join('\n\n');
  printResult(context, all ? reports : reports[0], reports.length === 0 ? () => 'Every sync is paused.' : reportsText);
  if (context.shutdown.drain.aborted) return exitCodes.interrupted;
  return mostSevereExitCode([...reports.map(exitCodeForReport), ...busyErrors.map(() => exitCodes.busy)]);
}

async function loadPauses(app: App): Promise<ReadonlyMap<string, Pause>> {
  const opened = await app.state();
  await opened.migrate();
  return opened.schedules.pauses();
}

/** Every sync but the paused ones, which are told. */
async function unpausedSyncs(app: App, terminal: Terminal): Promise<readonly SyncSettings[]> {
  const pauses = await loadPauses(app);
  return Object.values(app.config.syncs).filter(({ name }) => {
    const pause = pauses.get(name);
    if (pause !== undefined) terminal.printNotice(`${name} is left out: ${pauseText(pause)}`);
    return pause === undefined;
  });
}

/** A sync that is asked for by its name runs, paused or not. */
export async function requestedSync(app: App, name: string, terminal: Terminal): Promise<SyncSettings> {
  const sync = app.sync(name);
  const pause = (await loadPauses(app)).get(name);
  if (pause !== undefined)
    terminal.printNotice(`${name} runs because it was asked for by name; it stays ${pauseText(pause)}`);
  return sync;
}

function canceledBeforeFirstRun(): PanelsyncError {
  const hint = 'Run again when you are ready.';
  return new PanelsyncError({ code: 'canceled', recovery: 'canceled', message: 'Stopped before the first run.', hint });
}

/** The code that matters most, for several runs in one command. */
function mostSevereExitCode(codes: readonly number[]): number {
  const severityOrder = [
    exitCodes.interrupted,
    exitCodes.failed,
    exitCodes.usage,
    exitCodes.busy,
    exitCodes.guard,
    exitCodes.rowsRejected,
  ];
  return severityOrder.find((code) => codes.includes(code)) ?? exitCodes.ok;
}

export const runCommand: Command = {
  name: 'run',
  summary: 'One run now: reads the model, sends what changed, reports every row',
  args: [{ name: '[sync]', description: 'name of the sync' }],
  options: [
    { flags: '--all', description: 'every sync, one after the other' },
    { flags: '--full', description: 'plan as if the snapshot were empty' },
    { flags: '--force', description: 'pass the guards' },
    { flags: '--limit <n>', description: 'send at most n changes' },
  ],
  shutdownMessage: 'Stopping: finishing the batches in flight. Once more stops at once.',
  run,
};
