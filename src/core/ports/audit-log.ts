/** What people do by hand. */
export const auditActions = [
  'pause',
  'resume',
  'approve',
  'retry',
  'resync',
  'resolve',
  'forget',
  'allow',
  'show_people',
] as const;
export type AuditAction = (typeof auditActions)[number];

/** One action. It names no person: a record of a deletion must not keep what was deleted. */
export interface AuditEntry {
  readonly action: AuditAction;
  /** `null`: all syncs. */
  readonly sync: string | null;
  readonly runId: string | null;
  /** user@host, or who an HTTP request says it is. */
  readonly caller: string;
  readonly reason: string | null;
  /** Numbers that say how much was concerned. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface AuditRecord extends AuditEntry {
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
}

export interface AuditQuery {
  /** `null`: actions on every sync. */
  readonly sync: string | null;
  readonly limit: number;
  /** Only records older than this one. */
  readonly beforeId?: string | null;
}

export interface AuditLog {
  record(entry: AuditEntry): Promise<void>;
}
