/** All commands of the command line. One file per command, in the folder of what it works on. */

import { alertsCommand } from './service/alerts.ts';
import { applyCommand } from './runs/apply.ts';
import { approveCommand } from './runs/approve.ts';
import { auditCommand } from './service/audit.ts';
import { baselineCommand } from './hub/baseline.ts';
import { canaryCommand } from './hub/canary.ts';
import { checkCommand } from './check/check.ts';
import type { Command } from './command.ts';
import { dbtExposureCommand } from './dbt-exposure.ts';
import { demoCommand } from './demo/demo.ts';
import { explainCommand } from './people/explain.ts';
import { forgetCommand } from './people/forget.ts';
import { initCommand } from './init.ts';
import { migrateCommand } from './service/migrate.ts';
import { pauseCommand, resumeCommand } from './service/pause.ts';
import { planCommand } from './runs/plan.ts';
import { rejectionsCommand } from './runs/rejections.ts';
import { removedCommand } from './people/removed.ts';
import { renamesCommand } from './people/renames.ts';
import { resolveCommand } from './runs/resolve.ts';
import { resyncCommand } from './runs/resync.ts';
import { retryCommand } from './runs/retry.ts';
import { runCommand } from './runs/run.ts';
import { runsCommand } from './runs/runs.ts';
import { showCommand } from './runs/show.ts';
import { simulatorCommand } from './simulator.ts';
import { skipsCommand } from './runs/skips.ts';
import { startCommand } from './service/start.ts';
import { statusCommand } from './service/status.ts';
import { verifyCommand } from './hub/verify.ts';
import { wireCommand } from './hub/wire.ts';

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  demoCommand,
  initCommand,
  checkCommand,
  wireCommand,
  canaryCommand,
  planCommand,
  applyCommand,
  runCommand,
  startCommand,
  statusCommand,
  runsCommand,
  showCommand,
  approveCommand,
  rejectionsCommand,
  skipsCommand,
  removedCommand,
  renamesCommand,
  retryCommand,
  resolveCommand,
  baselineCommand,
  verifyCommand,
  resyncCommand,
  pauseCommand,
  resumeCommand,
  explainCommand,
  forgetCommand,
  auditCommand,
  dbtExposureCommand,
  migrateCommand,
  alertsCommand,
  simulatorCommand,
];
