import { approvePlan } from '../../../src/sync/approve/approve-plan.ts';
import type { ApplyResult } from '../../../src/sync/approve/apply-plan.ts';
import { destinationSettings, newShutdownSignals } from '../hub/scripted-hub.ts';
import { expectBalancedCounts } from './balanced-counts.ts';
import { defaultSync } from '../fixtures/default-sync.ts';
import type { RunOptions, TestPanel } from './panel.ts';

export interface ApproveOptions extends Omit<RunOptions, 'full' | 'limit' | 'force'> {
  readonly reason?: string;
}

/** Approves the plan of a stopped run, as somebody called tester. */
export async function approve(panel: TestPanel, runId: string, options: ApproveOptions = {}): Promise<ApplyResult> {
  const { stop = newShutdownSignals(), reason = null } = options;
  const sync = { ...defaultSync, ...options.sync };
  const delivery = destinationSettings(panel.hub.url, options.destination);
  const approval = { runId, by: 'tester', reason };
  const request = { sync, trigger: 'manual' as const, approval, shutdown: stop, delivery, onProgress: () => undefined };
  const result = await panel.withDeps(options, (deps) => approvePlan(request, deps));
  expectBalancedCounts(result.report);
  return result;
}
