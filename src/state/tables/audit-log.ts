import type { AuditLog, AuditQuery, AuditRecord } from '../../core/ports/audit-log.ts';
import type { Database } from '../db/database.ts';

interface AuditRow extends Omit<AuditRecord, 'id' | 'runId' | 'at'> {
  readonly id: number;
  readonly run_id: number | null;
  readonly at: Date;
}

export function openAuditLog(database: Database): AuditLog {
  return {
    record: async ({ action, sync, runId, caller, reason, counts }) => {
      await database.query({
        text: `insert into audit_log (action, sync, run_id, caller, reason, counts) values ($1, $2, $3, $4, $5, $6)`,
        values: [action, sync, runId, caller, reason, JSON.stringify(counts)],
      });
    },
  };
}

/** Newest first. */
export async function listAuditRecords(
  database: Database,
  { sync, limit, beforeId = null }: AuditQuery,
): Promise<readonly AuditRecord[]> {
  const rows = await database.query<AuditRow>({
    text: `select id, at, action, sync, run_id, caller, reason, counts from audit_log
           where ($1::text is null or sync = $1 or sync is null) and ($3::bigint is null or id < $3)
           order by id desc limit $2`,
    values: [sync, limit, beforeId],
  });
  return rows.map(({ id, run_id, at, ...row }) => ({
    id: String(id),
    at: at.toISOString(),
    ...row,
    runId: run_id === null ? null : String(run_id),
  }));
}
