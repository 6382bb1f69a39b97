import type { Log } from '../../core/ports/log.ts';
import type { SyncSettings } from '../../core/settings.ts';
import type { Database } from '../db/database.ts';
import type { StateMarks } from './state-marks.ts';

/** What it takes to tell whether the snapshot of a sync can be trusted. */
export interface TrustContext {
  readonly database: Database;
  readonly syncId: number;
  readonly sync: Pick<SyncSettings, 'name' | 'mode'>;
  readonly hubAddress: string;
  readonly marks: StateMarks;
  readonly log: Log;
}
