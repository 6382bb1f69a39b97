import type { PanelsyncError } from '../errors.ts';
import type { HubCharacteristic, ListRange, ParticipantPage } from '../model/hub-person.ts';
import type { RowError } from '../model/terms.ts';
import type { Fence } from './fence.ts';
import type { ShutdownSignals } from './shutdown-signals.ts';

/** A row that the Hub named as bad; `index` is its place in the batch. */
export interface RowRefusal extends RowError {
  readonly index: number;
}

/** What an answer of the Hub means for the batch. */
export type BatchOutcome =
  | { readonly kind: 'accepted'; readonly refusals: readonly RowRefusal[] }
  /** Nothing was stored; these rows are why. */
  | { readonly kind: 'rows_refused'; readonly refusals: readonly RowRefusal[] }
  /** Nothing was stored; which rows are bad is not said. */
  | { readonly kind: 'batch_refused'; readonly reason: RowError }
  | { readonly kind: 'too_large'; readonly reason: RowError }
  /** Nothing was stored and nothing is wrong with the rows: limit met, or stopped before it was sent. */
  | { readonly kind: 'not_sent'; readonly error: PanelsyncError }
  /** The Hub may or may not have stored the batch. */
  | { readonly kind: 'unknown'; readonly error: PanelsyncError }
  /** Nothing was stored and no other batch would fare better: key, address, version. */
  | { readonly kind: 'stop'; readonly error: PanelsyncError };

/** One batch sent, with all its attempts. */
export interface SendResult {
  readonly outcome: BatchOutcome;
  readonly requests: { readonly sent: number; readonly retried: number; readonly rateLimited: number };
  /** HTTP status of the last answer, `null` without one. */
  readonly status: number | null;
  readonly requestId: string | null;
  readonly durationMs: number;
}

/** What happens to a batch after an attempt that the Hub may have applied: it goes again, or is left alone. */
export type OnUnknownOutcome = 'retry' | 'defer';

/** How one batch is sent. */
export interface SendOptions {
  /** Should it go on? */
  readonly shutdown: ShutdownSignals;
  /** May it still go out? Asked before each request. */
  readonly fence: Fence;
  readonly onUnknownOutcome: OnUnknownOutcome;
}

/** The panel that participants are sent to. */
export interface Destination {
  /** Changes when the address or the wire profile does. */
  readonly fingerprint: string;
  /** Loads what sending takes, while something else is waited for: the first request would have to wait for it. */
  prepare(): void;
  /** Resolves when one more request may be sent under our rate limit and the Hub's; rejects when `signal` aborts. */
  acquire(signal: AbortSignal): Promise<void>;
  /** Sends one batch of canonical payloads (JSON texts); takes its own permits for retries only. Never rejects. */
  send(payloads: readonly string[], options: SendOptions): Promise<SendResult>;
  /** Reads one page of the Hub's list: proves address and key without writing. Says for people what it found. */
  check(signal: AbortSignal): Promise<string>;
  /** One page of the Hub's list, with all the retries of a batch. Rejects when the Hub cannot be read. */
  participants(range: ListRange, signal: AbortSignal): Promise<ParticipantPage>;
  /** The custom fields that the Hub defines; `null` where it has no such list for us, or none that is plainly whole. */
  characteristics(signal: AbortSignal): Promise<readonly HubCharacteristic[] | null>;
  close(): void;
}
