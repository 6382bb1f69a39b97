import type { App } from '../../app.ts';
import { runSyncs } from '../../app/run-syncs.ts';
import { PanelsyncError } from '../../core/errors.ts';
import type { RunReport } from '../../core/model/terms.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { exitCodeForReport, exitCodes, printResult } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { booleanOption, integerOption, usageError } from '../shared/options.ts';
import { requestedSync, unpausedSyncs } from '../shared/pauses.ts';
import { showProgress } from '../shared/progress.ts';
import { reportText } from '../shared/report-text.ts';

interface RunOptions {
  readonly full: boolean;
  readonly force: boolean;
  readonly limit: number | null;
}

function runOptions(input: CommandInput): RunOptions {
  if (booleanOption(input, 'dryRun'))
    throw usageError('run has no --dry-run.', 'Use panelsync plan <sync>: it shows what a run would send.');
  return {
    full: booleanOption(input, 'full'),
    force: booleanOption(input, 'force'),
    limit: integerOption(input, 'limit', 1),
  };
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { terminal, shutdown } = context;
  const name = requestedName(input);
  const options = runOptions(input);
  const app = await context.app();
  const syncs = await selectSyncs(app, name, context);
  const progress = showProgress(terminal, app.config.destination);
  const busyErrors: PanelsyncError[] = [];
  const reports = await runSyncs(app, syncs, {
    ...options,
    shutdown,
    onProgress: (step) => progress.show(step),
    onBusy: (error) => void busyErrors.push(error),
  }).finally(() => progress.stop());
  if (reports.length === 0 && syncs.length > 0) throw busyErrors[0] ?? canceledBeforeFirstRun();
  for (const { message, hint } of busyErrors) terminal.printNotice(`${message}\n  ${hint}`);
  printResult(context, name === null ? reports : reports[0], () =>
    reports.length === 0
      ? 'Nothing to run: every sync is paused.'
      : reports.map((report) => reportText(report, terminal)).join('\n\n'),
  );
  if (shutdown.drain.aborted) return exitCodes.interrupted;
  return mostSevereExitCode(reports, busyErrors);
}

/** `null`: all syncs. */
function requestedName(input: CommandInput): string | null {
  const [name] = input.args;
  if (booleanOption(input, 'all') === (name !== undefined))
    throw usageError('run takes the name of one sync, or --all.', 'panelsync status lists the syncs.');
  return name ?? null;
}

async function selectSyncs(
  app: App,
  name: string | null,
  { terminal }: CommandContext,
): Promise<readonly SyncSettings[]> {
  return name === null ? unpausedSyncs(app, terminal) : [await requestedSync(app, name, terminal)];
}

function canceledBeforeFirstRun(): PanelsyncError {
  const hint = 'Run the command again when you are ready.';
  return new PanelsyncError({ code: 'canceled', recovery: 'canceled', message: 'Stopped before the first run.', hint });
}

/** The code that matters most, for several runs in one command. */
function mostSevereExitCode(reports: readonly RunReport[], busyErrors: readonly PanelsyncError[]): number {
  const codes = [...reports.map(exitCodeForReport), ...busyErrors.map(() => exitCodes.busy)];
  const bySeverity = [
    exitCodes.interrupted,
    exitCodes.failed,
    exitCodes.usage,
    exitCodes.busy,
    exitCodes.guard,
    exitCodes.rowsRejected,
  ];
  return bySeverity.find((code) => codes.includes(code)) ?? exitCodes.ok;
}

export const runCommand: Command = {
  name: 'run',
  summary: 'Runs a sync now: reads the model, sends what changed, reports on every row',
  args: [{ name: '[sync]', description: 'name of the sync' }],
  options: [
    { flags: '--all', description: 'run every sync, one after the other' },
    { flags: '--full', description: 'plan as if the snapshot were empty, until everyone is sent again' },
    { flags: '--force', description: 'pass the guards' },
    { flags: '--limit <n>', description: 'send at most n changes' },
    { flags: '--dry-run', description: 'see panelsync plan', hidden: true },
  ],
  shutdownMessage: 'Stopping: finishing the batches in flight. Interrupt again to stop at once.',
  run,
};
