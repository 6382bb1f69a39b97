import { PanelsyncError } from '../../errors.ts';
import type { Approval, RunReport } from '../terms.ts';

/** Throws unless the plan of a run is waiting for approval: what the run is instead, and what to do. */
export function requireApprovable(report: RunReport): Approval {
  const { approval } = report;
  if (approval?.state === 'waiting') return approval;
  const [message, hint] = approval === null ? withoutPlan(report) : settledPlan(report, approval);
  throw new PanelsyncError({ code: 'not_approvable', recovery: 'usage', message, hint });
}

type Issue = readonly [message: string, hint: string];

function withoutPlan({ runId, sync, status, trigger }: RunReport): Issue {
  if (trigger === 'plan') {
    const hint = `panelsync run ${sync} sends what is planned; panelsync plan ${sync} --out FILE saves a plan for panelsync apply.`;
    return [`Run ${runId} is a plan of panelsync plan, and only the plan of a stopped run can be approved.`, hint];
  }
  if (status === 'stopped') {
    const message = `Run ${runId} was stopped before it had a plan, so it left nothing that could be approved.`;
    return [message, `panelsync show ${runId} says why it was stopped.`];
  }
  const what = status === 'running' ? 'is still running' : `was not stopped: it ${statusVerbs[status]}`;
  return [`Run ${runId} ${what}.`, 'Only a run that a guard stopped can be approved. panelsync runs lists them.'];
}

const statusVerbs = { succeeded: 'succeeded', partial: 'ended in part', failed: 'failed', canceled: 'was canceled' };

function settledPlan({ runId, sync }: RunReport, { state, runId: laterRunId, by }: Approval): Issue {
  const later = laterRunId ?? 'latest';
  switch (state) {
    case 'approved':
      return [
        `The plan of run ${runId} was approved already, by ${by ?? 'somebody'}.`,
        `panelsync show ${later} says what became of it.`,
      ];
    case 'drifted':
      return [
        `The plan of run ${runId} no longer applies: run ${later} found that it had drifted.`,
        `panelsync approve ${later} sends the plan as it was then.`,
      ];
    case 'expired':
    case 'waiting':
      return laterRunId === null
        ? [`The plan of run ${runId} is no longer on record.`, `Start a new run with panelsync run ${sync}.`]
        : [
            `The plan of run ${runId} expired when run ${later} made a newer one.`,
            `Look at that one with panelsync show ${later}. If a guard stopped it as well, approve it instead.`,
          ];
  }
}
