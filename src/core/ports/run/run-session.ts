import type { PanelsyncError } from '../../errors.ts';
import type { PayloadCodec } from '../../model/payload-codec.ts';
import type { SyncSettings } from '../../settings.ts';
import type { Fence } from '../fence.ts';
import type { Ledger } from './ledger.ts';
import type { PlanStore } from './plan-store.ts';
import type { RunStore } from './run-store.ts';
import type { SavedPlans } from './saved-plans.ts';
import type { Suppressions } from './suppressions.ts';
import type { UnknownOutcomes } from './unknown-outcomes.ts';

/** Where the snapshot and the ledger are kept. */
export interface State {
  /**
   * A session for one run of a sync. With `lock` it holds the sync until it is closed or its process dies, and closes
   * what a dead process left behind; another holder is an error with `recovery: 'busy'`. With `trustSnapshot` it throws
   * where the snapshot is that of another Hub, or older than what was sent.
   */
  openSession(sync: SyncSettings, options: SessionChoices): Promise<RunSession>;
}

export interface SessionChoices {
  readonly lock: boolean;
  readonly trustSnapshot?: boolean;
}

/** The stores of one sync, as a run needs them. */
export interface RunStores {
  readonly runs: RunStore;
  readonly plans: PlanStore;
  /** The batches of one run. */
  ledger(runId: string): Ledger;
  readonly unknownOutcomes: UnknownOutcomes;
  readonly suppressions: Suppressions;
  readonly characteristics: CheckedCharacteristics;
  readonly savedPlans: SavedPlans;
}

/** The stores behind one connection, with the authority that its lock gives. */
export interface RunSession {
  readonly codec: PayloadCodec;
  readonly stores: RunStores;
  /** The right to send that comes with the lock. */
  readonly fence: Fence;
  /** Aborts when the lock or the connection that holds it is lost: nothing can be recorded, so nothing may be sent. */
  readonly lost: AbortSignal;
  /** The error that a lost session ends its run with. */
  lostError(): Promise<PanelsyncError>;
  close(): Promise<void>;
}

/** Mappings whose characteristics the Hub was asked about, by the hash of their slugs and types. */
export interface CheckedCharacteristics {
  isChecked(destination: string, mapping: string): Promise<boolean>;
  remember(
    destination: string,
    checked: { readonly mapping: string; readonly outcome: 'known' | 'unavailable' },
  ): Promise<void>;
  /** The Hub has refused rows: it is asked again before the next sending. */
  forget(): Promise<void>;
}
