import type { PayloadCodec } from '../core/model/payload-codec.ts';
import type { State } from '../core/ports/run/run-session.ts';
import type { Log } from '../core/ports/log.ts';
import type { RetentionSettings } from '../core/settings.ts';
import type { Database } from './db/database.ts';
import { defaultLeaseTimes } from './lease/lock.ts';
import type { LeaseTimes } from './lease/lock.ts';
import { openSession } from './run/run-session.ts';

export interface StateOptions {
  readonly codec: PayloadCodec;
  readonly log: Log;
  /** How long locks last; as usual unless told. */
  readonly lease?: LeaseTimes;
}

/** The port that runs use. */
export function createState(database: Database, retention: RetentionSettings, options: StateOptions): State {
  const { codec, log, lease = defaultLeaseTimes } = options;
  return { openSession: (sync, { lock }) => openSession(database, sync, { lock, retention, codec, lease, log }) };
}
