import { requireApprovable } from '../../core/model/saved-plan/approval.ts';
import { leaseLost } from '../../core/lost-errors.ts';
import type { PayloadCodec } from '../../core/model/payload-codec.ts';
import type { SnapshotVersion } from '../../core/model/saved-plan/saved-plan.ts';
import type { Mode } from '../../core/model/terms.ts';
import { unknownRunError } from '../../core/ports/records.ts';
import type { PlanApproval, StoppedPlan, WaitingPlan } from '../../core/ports/run/saved-plans.ts';
import type { Database } from '../db/database.ts';
import type { StateClient } from '../db/state-client.ts';
import { runById } from '../queries/runs.ts';

/** The saved plans of stopped runs: from the end of the run until somebody approves them or a later run supersedes them. */

/** Throws where the plan of a run cannot be approved, or not any more. */
export async function requireWaiting(database: Database, runId: string): Promise<void> {
  const report = await runById(database, runId);
  if (report === null) throw unknownRunError(runId);
  requireApprovable(report);
}

interface WaitingRow {
  readonly sync: string;
  readonly mode: Mode;
  readonly destination: string;
  readonly invalid: number;
  readonly removed: number;
  readonly change_limit: number | null;
  readonly ignores_snapshot: boolean;
  readonly payload_storage: PayloadCodec['payload'];
  readonly mapping: string;
  readonly model: string;
  readonly snapshot: SnapshotVersion;
}

export async function readWaitingPlan(database: Database, runId: string): Promise<WaitingPlan> {
  const [row] = await database.query<WaitingRow>({
    text: `select s.name as sync, r.mode, r.destination, r.invalid, r.removed, p.change_limit, p.ignores_snapshot,
             p.payload_storage, p.mapping, p.model, p.snapshot
           from saved_plans p join runs r on r.id = p.run_id join syncs s on s.id = p.sync_id
           where p.run_id = $1 and p.state = 'waiting'`,
    values: [runId],
  });
  if (row === undefined) throw new Error(`run ${runId} has no plan that waits for approval`);
  const { invalid, removed, change_limit: limit, ignores_snapshot: full, payload_storage: payloads, ...origin } = row;
  return { origin: { ...origin, runId, full, payloads }, rows: { invalid, removed }, limit };
}

/** At the end of a run: the plan before it is superseded, and its own waits for approval where the run was stopped. */
export async function settlePlans(client: StateClient, runId: string, plan: StoppedPlan | undefined): Promise<void> {
  await supersedePlans(client, runId);
  if (plan !== undefined) await storeStoppedPlan(client, runId, plan);
}

/**
 * The plan that was waiting before, for the run has made a newer one. One that the run was to send keeps waiting where
 * the run ended before it could tell whether the plan still applies.
 */
async function supersedePlans(client: StateClient, runId: string): Promise<void> {
  await client.query(
    `with superseded as (
       update saved_plans p set state = case when r.approves = p.run_id then 'drifted' else 'expired' end,
         settled_at = now(), settled_run_id = r.id
       from runs r
       where r.id = $1 and r.planned_at is not null and p.sync_id = r.sync_id and p.run_id <> r.id
         and p.state = 'waiting' and (r.approves is distinct from p.run_id or r.status = 'stopped')
       returning p.run_id
     )
     delete from outbox where run_id in (select run_id from superseded)`,
    [runId],
  );
}

async function storeStoppedPlan(client: StateClient, runId: string, plan: StoppedPlan): Promise<void> {
  await client.query(
    `insert into saved_plans (run_id, sync_id, inserts, updates, marks, restores, change_limit, ignores_snapshot,
       payload_storage, mapping, model, snapshot)
     select id, sync_id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 from runs where id = $1`,
    [
      runId,
      plan.counts.inserts,
      plan.counts.updates,
      plan.counts.marks,
      plan.counts.restores,
      plan.limit,
      plan.full,
      plan.payloads,
      plan.mapping,
      plan.model,
      JSON.stringify(plan.snapshot),
    ],
  );
}

/** The plans of these runs, by retention. */
export async function expirePlans(client: StateClient, runIds: readonly number[]): Promise<void> {
  await client.query(
    `update saved_plans set state = 'expired', settled_at = now() where state = 'waiting' and run_id = any($1::bigint[])`,
    [runIds],
  );
}

/** The sending run has the same changes in the outbox, so those of the approved plan go. */
export async function approvePlan(
  database: Database,
  { runId, sendingRunId, by, reason }: PlanApproval,
): Promise<void> {
  const approved = await database.query({
    text: `with approved as (
             update saved_plans p set state = 'approved', settled_at = now(), settled_run_id = r.id, caller = $3, reason = $4
             from runs r where r.id = $2 and r.status = 'running' and r.approves = p.run_id
               and p.run_id = $1 and p.state = 'waiting'
             returning p.*
           ), sent_elsewhere as (
             delete from outbox where run_id in (select run_id from approved)
           )
           insert into audit_log (action, sync, run_id, caller, reason, counts)
           select 'approve', s.name, a.run_id, $3, $4, jsonb_build_object('inserts', a.inserts, 'updates', a.updates) ||
             case when a.marks + a.restores = 0 then '{}' else jsonb_build_object('marks', a.marks, 'restores', a.restores) end
           from approved a join syncs s on s.id = a.sync_id returning id`,
    values: [runId, sendingRunId, by, reason],
  });
  // Somebody has taken the sync over and has ended this run.
  if (approved.length === 0) throw leaseLost();
}
