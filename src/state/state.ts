/** The state in Postgres: snapshot and ledger behind the ports that runs use. */

import type { PayloadCodec } from '../core/model/payload-codec.ts';
import type { State } from '../core/ports/run/run-session.ts';
import type { Log } from '../core/ports/log.ts';
import type { RetentionSettings } from '../core/settings.ts';
import type { Database } from './db/database.ts';
import { defaultLeaseTimes } from './lease/lock.ts';
import type { LeaseTimes } from './lease/lock.ts';
import { openSession } from './run/run-session.ts';
import type { ConfigurationOf, ConnectOptions } from './run/run-session.ts';
import type { StateMarks } from './trust/state-marks.ts';

export interface StateOptions {
  readonly codec: PayloadCodec;
  readonly log: Log;
  /** How long leases last. */
  readonly lease?: LeaseTimes;
  /** The Hub that the configuration names. */
  readonly hubAddress: string;
  readonly configurationOf: ConfigurationOf;
  readonly marks: StateMarks;
  /** Ends the wait for a holder before. */
  readonly signal?: AbortSignal;
}

/** The same with the defaults. */
export function connectOptions({
  codec,
  log,
  hubAddress,
  configurationOf,
  marks,
  ...options
}: StateOptions): Omit<ConnectOptions, 'lock'> {
  const { lease = defaultLeaseTimes, signal = new AbortController().signal } = options;
  return { codec, log, lease, signal, hubAddress, configurationOf, marks };
}

/** The port that runs use. */
export function createState(database: Database, retention: RetentionSettings, options: StateOptions): State {
  return {
    openSession: (sync, choices) =>
      openSession(database, sync, { trustSnapshot: false, ...choices, ...connectOptions(options), retention }),
  };
}
