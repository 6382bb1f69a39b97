import type { App } from '../app.ts';
import { createPlan } from '../app/create-plan.ts';
import { planDocument } from '../app/plan-document.ts';
import { recordAction } from '../app/record-action.ts';
import { requestRetry } from '../app/request-retry.ts';
import { PanelsyncError } from '../core/errors.ts';
import { requireApprovable } from '../core/model/saved-plan/approval.ts';
import type { AuditRecord } from '../core/ports/audit-log.ts';
import { unknownRunError } from '../core/ports/records.ts';
import type { SyncSettings } from '../core/settings.ts';
import type { ApprovalOutcome, DaemonApi, Page, PageRequest } from '../server/api.ts';
import type { ApproveRequest } from '../sync/approve/approve-plan.ts';
import { paged } from './run-reads.ts';
import { shuttingDownError } from './runs.ts';
import type { ApprovalResult } from './runs.ts';
import { openMigratedSchedules } from './state-watch.ts';

/** Starts a run that sends the plan of a stopped one. */
export type StartApproval = (sync: SyncSettings, approval: ApproveRequest['approval']) => Promise<ApprovalResult>;

/** What people do by hand, and the record of it. */
export function actions(
  app: () => App,
  startApproval: StartApproval,
): Pick<DaemonApi, 'plan' | 'approve' | 'retry' | 'pause' | 'resume' | 'recordShowPeople' | 'audit'> {
  const planning = new Set<string>();
  return {
    plan: async (sync, request) => {
      const { name } = app().sync(sync);
      if (planning.has(name)) throw planningError(name);
      planning.add(name);
      return planNow(app(), name, request).finally(() => planning.delete(name));
    },
    approve: async (runId, { by, reason }) => {
      const report = await (await app().records()).run(runId);
      if (report === null) throw unknownRunError(runId);
      requireApprovable(report);
      return approvalOutcome(await startApproval(app().sync(report.sync), { runId, by, reason }));
    },
    retry: async (sync, person, { by: caller, reason }) =>
      (await requestRetry(app(), { sync, person, reason, caller })).marked,
    pause: async (sync, note) => {
      const { name } = app().sync(sync);
      await (await openMigratedSchedules(app())).pause(name, note);
      await recordAction(app(), { action: 'pause', sync: name, caller: note.by, reason: note.reason });
    },
    resume: async (sync) => {
      const { name } = app().sync(sync);
      const endedPause = await (await openMigratedSchedules(app())).resume(name);
      if (endedPause !== null) await recordAction(app(), { action: 'resume', sync: name, caller: 'HTTP' });
    },
    audit: (sync, page) => readAudit(app(), sync, page),
    recordShowPeople: ({ by, reason }) => recordAction(app(), { action: 'show_people', caller: by, reason }),
  };
}

async function planNow(
  app: App,
  sync: string,
  { limit, signal }: { readonly limit: number; readonly signal: AbortSignal },
): Promise<object> {
  const onProgress = (): void => undefined;
  const shutdown = { drain: signal, abort: signal };
  const plan = await createPlan(app, { sync, full: false, limit, shutdown, file: null, onProgress });
  return planDocument(plan, app);
}

function planningError(sync: string): PanelsyncError {
  return new PanelsyncError({
    code: 'already_planning',
    recovery: 'busy',
    message: `The sync "${sync}" is already being planned.`,
    hint: 'Wait until that plan is finished.',
  });
}

/** Without the people who differ: errors and their details name nobody. */
function approvalOutcome(result: ApprovalResult): ApprovalOutcome {
  if (result.isApproved) return result;
  const { report, drift } = result;
  const { people = null, ...others } = drift ?? {};
  const counts = people === null ? null : { more: people.more, less: people.less, different: people.different };
  return {
    isApproved: false,
    runId: report.runId,
    isStopped: report.status === 'stopped',
    error: report.error ?? shuttingDownError(),
    drift: drift === null ? null : { ...others, people: counts },
  };
}

function readAudit(app: App, sync: string | null, page: PageRequest): Promise<Page<AuditRecord>> {
  const read = async (limit: number, after: string | null): Promise<readonly AuditRecord[]> => {
    const name = sync === null ? null : app.sync(sync).name;
    return (await app.records()).audit({ sync: name, limit, beforeId: after });
  };
  return paged(page, read, ({ id }) => id);
}
