import type { PlanApproval } from '../../core/ports/run/saved-plans.ts';
import { approvedNote } from '../notes.ts';
import { recordRun } from '../record-run.ts';
import type { RunStart } from '../record-run.ts';
import type { RunDeps } from '../run-context.ts';
import { sendPlan } from '../run-sync.ts';
import type { ApplyResult } from './apply-plan.ts';
import type { PlanDrift } from './drift.ts';
import { planAnew } from './plan-anew.ts';

export interface ApproveRequest extends Omit<RunStart, 'approves'> {
  readonly approval: Omit<PlanApproval, 'sendingRunId'>;
  /** The plan still applies and the approval is on record; sending begins. */
  onApproved?(runId: string): void;
}

/**
 * A run that sends the plan of a run that a guard stopped, or nothing: it plans anew, and only what comes out the same
 * is sent. The guards are passed: how much they looked at is part of what is compared.
 */
export async function approvePlan(request: ApproveRequest, deps: RunDeps): Promise<ApplyResult> {
  const { approval, onApproved } = request;
  let drift: PlanDrift | null = null;
  const report = await recordRun({ ...request, approves: approval.runId, full: false }, deps, async (run) => {
    const { savedPlans } = run.stores;
    const { origin, rows: agreedRows, limit } = await savedPlans.waiting(approval.runId);
    const changes = { runId: approval.runId };
    const planned = await planAnew(run, { origin, changes, limit, agreedRows, driftHint: driftHint(run.runId) });
    if (!planned.isSame) {
      drift = planned.drift;
      return planned.end;
    }
    await savedPlans.approve({ ...approval, sendingRunId: run.runId });
    onApproved?.(run.runId);
    const end = await sendPlan(run, planned.plan, { limit, earlier: planned.earlier });
    return { ...end, notes: [approvedNote(approval), ...end.notes] };
  });
  return { report, drift };
}

/** The run that finds the drift has made the plan as it is now. */
function driftHint(runId: string): string {
  return `Nothing was sent. To send the plan as it is now, look at it (panelsync show ${runId}) and approve it (panelsync approve ${runId}).`;
}
