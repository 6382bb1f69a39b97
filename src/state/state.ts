import type { State } from '../core/ledger.ts';
import type { RetentionSettings } from '../core/settings.ts';
import type { Database } from './database.ts';
import { openSession } from './session.ts';

/** The port that runs use. */
export function createState(database: Database, retention: RetentionSettings): State {
  return { openSession: (sync, { lock }) => openSession(database, sync, { lock, retention }) };
}
