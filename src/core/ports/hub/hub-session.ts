import type { BaselineRecorder, BaselineOptions } from './baseline.ts';
import type { Comparison } from './comparison.ts';
import type { PanelsyncError } from '../../errors.ts';
import type { ForgottenPeople } from '../../model/forgotten-people.ts';
import type { PayloadCodec } from '../../model/payload-codec.ts';
import type { SyncSettings } from '../../settings.ts';

/** Where the participants of the Hub are compared with the snapshot. */
export interface HubState {
  /** A session without a lock writes nothing; one with a lock excludes runs of the sync. */
  openHubSession(sync: SyncSettings, options: { readonly lock: boolean }): Promise<HubSession>;
}

export interface HubSession {
  readonly codec: PayloadCodec;
  /** People who must not come back; `null` while there are none. */
  forgotten(): Promise<ForgottenPeople | null>;
  /** Aborts when the connection, or the lock that it holds, is lost. */
  readonly lost: AbortSignal;
  lostError(): Promise<PanelsyncError>;
  /** Begins a baseline, or continues one that was interrupted; needs the lock. */
  baseline(options: BaselineOptions): Promise<BaselineRecorder>;
  comparison(): Promise<Comparison>;
  close(): Promise<void>;
}
