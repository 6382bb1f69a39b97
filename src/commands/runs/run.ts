import type { App } from '../../app.ts';
import { joinRun } from '../../app/runs/join-run.ts';
import { runSyncs } from '../../app/runs/run-syncs.ts';
import type { RunSyncsRequest } from '../../app/runs/run-syncs.ts';
import { PanelsyncError } from '../../core/errors.ts';
import type { RunReport } from '../../core/model/terms.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { maxTimerMs } from '../../lib/duration.ts';
import { exitCodeForReport, exitCodes, printResult } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { showSteps } from '../shared/follow.ts';
import { booleanOption, durationOption, integerOption, usageError } from '../shared/options.ts';
import { requestedSync, unpausedSyncs } from '../shared/pauses.ts';
import { progressOption, showProgress, stepLabel } from '../shared/progress.ts';
import type { ProgressDisplay } from '../shared/progress-lines.ts';
import { reportText } from '../shared/report-text.ts';

interface RunOptions {
  readonly full: boolean;
  readonly force: boolean;
  readonly limit: number | null;
  /** How long to wait for a run of another process; `null`: not at all. */
  readonly waitMs: number | null;
}

function runOptions(input: CommandInput): RunOptions {
  if (booleanOption(input, 'dryRun'))
    throw usageError('run has no --dry-run.', 'Use panelsync plan <sync>: it shows what a run would send.');
  const [full, force] = [booleanOption(input, 'full'), booleanOption(input, 'force')];
  const limit = integerOption(input, 'limit', 1);
  const timeoutMs = durationOption(input, 'timeout');
  const waits = booleanOption(input, 'wait');
  if (timeoutMs !== null && !waits) throw usageError('--timeout needs --wait.', 'Add --wait, or leave it out.');
  if (waits && (full || force || limit !== null))
    throw usageError(
      '--wait does not go with --full, --force or --limit: a run that it joins was started without them.',
      'Leave out one of them.',
    );
  // Without a time, it waits for as long as a timer can.
  return { full, force, limit, waitMs: waits ? (timeoutMs ?? maxTimerMs) : null };
}

/** What becomes of syncs that another process runs: their errors are collected, unless their runs are joined. */
function busySyncs(
  app: App,
  { terminal, shutdown }: CommandContext,
  { waitMs, display }: Pick<RunOptions, 'waitMs'> & { readonly display: ProgressDisplay },
): Required<Pick<RunSyncsRequest, 'onBusy'>> & { readonly errors: readonly PanelsyncError[] } {
  const errors: PanelsyncError[] = [];
  const timeout = waitMs === null ? null : AbortSignal.timeout(waitMs);
  const onBusy: Required<RunSyncsRequest>['onBusy'] = async (sync, error) => {
    try {
      if (timeout === null || error.code !== 'already_running') throw error;
      const onJoined = ({ runId }: RunReport): void =>
        terminal.printNotice(`Waiting for run ${runId} of ${sync.name}, which is under way.`);
      return await joinRun(app, sync, { shutdown, timeout, onJoined, onSteps: showSteps(terminal, display) });
    } catch (thrown) {
      if (!(thrown instanceof PanelsyncError) || thrown.recovery !== 'busy') throw thrown;
      errors.push(thrown);
      return null;
    }
  };
  return { errors, onBusy };
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { terminal, shutdown } = context;
  const name = requestedName(input);
  const options = runOptions(input);
  const app = await context.app();
  const syncs = await selectSyncs(app, name, context);
  const display = showProgress(context, input, stepLabel(app.config.destination));
  const { waitMs, ...request } = options;
  const { errors: busyErrors, onBusy } = busySyncs(app, context, { waitMs, display });
  const reports = await runSyncs(app, syncs, {
    ...request,
    shutdown,
    onProgress: (progress) => display.show(progress),
    onBusy,
  }).finally(() => display.stop());
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
    { flags: '--wait', description: 'if another process runs the sync: wait, and report that run' },
    { flags: '--timeout <time>', description: 'with --wait: how long to wait at most, such as 90s or 30m' },
    progressOption,
    { flags: '--dry-run', description: 'see panelsync plan', hidden: true },
  ],
  shutdownMessage: 'Stopping: finishing the batches in flight. Interrupt again to stop at once.',
  run,
};
