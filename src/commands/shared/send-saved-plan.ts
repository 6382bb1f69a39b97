import type { App } from '../../app.ts';
import type { SyncSettings } from '../../core/settings.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import type { ApplyRequest, ApplyResult } from '../../sync/approve/apply-plan.ts';
import type { RunDeps } from '../../sync/run-context.ts';
import { exitCodeForReport, exitCodes, printResult } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { driftText } from './plan-text.ts';
import { showProgress } from './progress.ts';
import { reportText } from './report-text.ts';

/** What a run that sends a saved plan begins with, whoever saved the plan. */
export type SavedPlanRunStart = Pick<ApplyRequest, 'sync' | 'shutdown' | 'delivery' | 'onProgress'>;

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
  { app, sync, send, document }: SavedPlanCommand,
): Promise<number> {
  const { terminal, shutdown } = context;
  const { destination: delivery } = app.config;
  await app.migratedState();
  const progress = showProgress(terminal, delivery);
  const start: SavedPlanRunStart = { sync, shutdown, delivery, onProgress: (step) => progress.show(step) };
  const result = await app.withDeps(sync, (deps) => send(start, deps)).finally(() => progress.stop());
  printResult(context, document(result), () => resultText(result, terminal));
  return shutdown.drain.aborted ? exitCodes.interrupted : exitCodeForReport(result.report);
}

function resultText({ report, drift }: ApplyResult, terminal: Terminal): string {
  const people = drift?.people ?? null;
  const output = reportText(report, terminal);
  return people === null ? output : `${output}\n\n${driftText(people)}`;
}
