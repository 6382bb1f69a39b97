import { alertsCommand } from './alerts.ts';
import { applyCommand } from './apply.ts';
import { baselineCommand } from './baseline.ts';
import { canaryCommand } from './canary.ts';
import { checkCommand } from './check.ts';
import type { Command } from './command.ts';
import { demoCommand } from './demo.ts';
import { explainCommand } from './explain.ts';
import { forgetCommand } from './forget.ts';
import { initCommand } from './init.ts';
import { migrateCommand } from './migrate.ts';
import { pauseCommand, resumeCommand } from './pause.ts';
import { planCommand } from './plan.ts';
import { rejectionsCommand } from './rejections.ts';
import { resolveCommand } from './resolve.ts';
import { resyncCommand } from './resync.ts';
import { retryCommand } from './retry.ts';
import { runCommand } from './run.ts';
import { runsCommand } from './runs.ts';
import { showCommand } from './show.ts';
import { simulatorCommand } from './simulator.ts';
import { skipsCommand } from './skips.ts';
import { startCommand } from './start.ts';
import { statusCommand } from './status.ts';
import { verifyCommand } from './verify.ts';

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  demoCommand,
  initCommand,
  checkCommand,
  canaryCommand,
  planCommand,
  applyCommand,
  runCommand,
  startCommand,
  statusCommand,
  runsCommand,
  showCommand,
  rejectionsCommand,
  skipsCommand,
  retryCommand,
  resolveCommand,
  baselineCommand,
  verifyCommand,
  resyncCommand,
  pauseCommand,
  resumeCommand,
  explainCommand,
  forgetCommand,
  migrateCommand,
  alertsCommand,
  simulatorCommand,
];
