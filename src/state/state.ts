import type { Keeping } from '../core/model/payload-codec.ts';
import type { State } from '../core/ports/run-store.ts';
import type { Log } from '../core/ports/ports.ts';
import type { RetentionSettings } from '../core/settings.ts';
import type { Database } from './db/database.ts';
import { usualLease } from './lease/lock.ts';
import type { LeaseTimes } from './lease/lock.ts';
import { openSession } from './run/run-session.ts';

export interface StateParts {
  readonly keeping: Keeping;
  readonly log: Log;
  /** How long locks last; as usual unless told. */
  readonly lease?: LeaseTimes;
}

/** The port that runs use. */
export function createState(database: Database, retention: RetentionSettings, parts: StateParts): State {
  const { keeping, log, lease = usualLease } = parts;
  return { openSession: (sync, { lock }) => openSession(database, sync, { lock, retention, keeping, lease, log }) };
}
