import type { App } from '../../app.ts';
import type { SyncSettings } from '../../core/settings.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import type { ApplyRequest, ApplyResult } from '../../sync/approve/apply-plan.ts';
import type { RunDeps } from '../../sync/run-context.ts';
import { exitCodeForReport, exitCodes, printResult } from '../command.ts';
import type { CommandContext, CommandInput } from '../command.ts';
import { driftText } from './plan-text.ts';
import { showProgress, stepLabel } from './progress.ts';
import { reportText } from './report-text.ts';

/** What a run that sends a saved plan begins with, whoever saved the plan. */
export type SavedPlanRunStart = Pick<ApplyRequest, 'sync' | 'shutdown' | 'delivery' | 'onProgress' | 'onStarted'>;

export interface SavedPlanCommand {
  readonly app: App;
  readonly sync: SyncSettings;
  send(start: SavedPlanRunStart, deps: RunDeps): Promise<ApplyResult>;
  /** The document of the command. */
  document(result: ApplyResult): object;
}

/** A run that sends a saved plan, with its progress; prints the report and what has drifted. Returns the exit code. */
export async function sendSavedPlan(
  context: CommandContext,
  input: CommandInput,
  { app, sync, send, document }: SavedPlanCommand,
): Promise<number> {
  const { terminal, shutdown } = context;
  const { destination: delivery } = app.config;
  await app.migratedState();
  const display = showProgress(context, input, stepLabel(delivery));
  let runId: string | null = null;
  const start: SavedPlanRunStart = {
    sync,
    shutdown,
    delivery,
    onStarted: (startedRunId) => (runId = startedRunId),
    onProgress: (progress) => display.show({ sync: sync.name, runId, ...progress }),
  };
  const result = await app.withDeps(sync, (deps) => send(start, deps)).finally(() => display.stop());
  printResult(context, document(result), () => resultText(result, terminal));
  return shutdown.drain.aborted ? exitCodes.interrupted : exitCodeForReport(result.report);
}

function resultText({ report, drift }: ApplyResult, terminal: Terminal): string {
  const people = drift?.people ?? null;
  const output = reportText(report, terminal);
  return people === null ? output : `${output}\n\n${driftText(people)}`;
}
