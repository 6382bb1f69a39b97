import type { App } from '../app.ts';
import type { AuditEntry } from '../core/ports/audit-log.ts';
import { currentUser } from '../lib/current-user.ts';

type Action = Pick<AuditEntry, 'action'> & Partial<AuditEntry>;

/** Records what a person did by hand, once it is done. */
export async function recordAction(app: App, action: Action): Promise<void> {
  const { auditLog } = await app.migratedState();
  await auditLog.record({ sync: null, runId: null, caller: currentUser(), reason: null, counts: {}, ...action });
}
