import type { PanelsyncError } from '../errors.ts';
import type { HubCharacteristic, ParticipantPage } from '../model/hub-person.ts';
import type { Column, RowError, Model } from '../model/terms.ts';

/** Where steps report what they do; fields never hold a secret or a person. */
export interface Log {
  debug(event: string, fields?: Readonly<Record<string, unknown>>): void;
  info(event: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void;
  error(event: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** How somebody stops a run: `drain` takes no new batch and settles those in flight, `abort` drops everything now. */
export interface ShutdownSignals {
  readonly drain: AbortSignal;
  readonly abort: AbortSignal;
  /** Where sending takes more than nobody asking for a stop. */
  readonly fence?: Fence;
}

/** The right to send, which a process loses without noticing when it is frozen or cut off from the state database. */
export interface Fence {
  /** Whether a request may go on the wire at this very moment. */
  isHeld(): boolean;
  /** Asks the state database, however slow it is; resolves with whether the right is still ours. */
  renew(): Promise<boolean>;
}

/** Formats that packages know better than we do. */
export interface Formats {
  isEmail(text: string): boolean;
  /** E.164, or `null` where the text is no phone number. */
  toE164(text: string, defaultCountry: string | null): string | null;
}

/** A warehouse that runs models. */
export interface Source {
  /** Connects and reads the model's columns; runs nothing else yet. `label` names the run at the server. */
  open(model: Model, label: string, signal: AbortSignal): Promise<ModelReader>;
  /** Connects and says, for people, what it is connected to. */
  check(signal: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

/** A model opened in a read-only transaction. */
export interface ModelReader {
  readonly columns: readonly Column[];
  /**
   * Runs the model. Chunks hold whole lines, one a row, in the text form of Postgres' COPY (UTF-8: tab between
   * fields, `\N` for null, backslash escapes), with the columns at `positions`, in that order.
   */
  rows(positions: readonly number[]): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

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

/** The panel that participants are sent to. */
export interface Destination {
  /** Changes when the address or the wire profile does. */
  readonly fingerprint: string;
  /** Resolves when one more request may be sent under the pace and the Hub's limit; rejects when `signal` aborts. */
  acquire(signal: AbortSignal): Promise<void>;
  /**
   * Sends one batch of canonical payloads (JSON texts); takes its own slots for retries only. Never rejects. Unless
   * told otherwise, it repeats what the Hub may have applied.
   */
  send(
    payloads: readonly string[],
    shutdown: ShutdownSignals,
    onUnknownOutcome?: OnUnknownOutcome,
  ): Promise<SendResult>;
  /** Reads one page of the Hub's list: proves address and key without writing. Says for people what it found. */
  check(signal: AbortSignal): Promise<string>;
  /** One page of the Hub's list, numbered from 1, with all the retries of a batch. Rejects when the Hub cannot be read. */
  participants(page: number, signal: AbortSignal): Promise<ParticipantPage>;
  /** The custom fields that the Hub defines; `null` where it has no such list for us. */
  characteristics(signal: AbortSignal): Promise<readonly HubCharacteristic[] | null>;
  close(): void;
}
