import type { WireSettings } from '../core/settings.ts';
import type { CharacteristicType } from '../core/model/terms.ts';

export interface CharacteristicDefinition {
  readonly name: string;
  readonly slug: string;
  readonly type: CharacteristicType;
}

/** How a 429 states the time to wait. */
export type RetryAfterFormat = 'seconds' | 'date' | 'none';

/**
 * How a refusal points at a row: `/data/3/attributes/email`, `/participants/3/email`, `/3/email`, `/3`, or not at all.
 */
export type PointerFormat = 'jsonapi' | 'participants' | 'array' | 'short' | 'none';

/** E-mails that are refused although they are well formed; a predicate may return the message of the refusal. */
export type RejectedEmails = readonly string[] | ((email: string) => boolean | string);

export interface SimulatorOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly apiKey: string;
  /** The only request format that is accepted. */
  readonly wire: WireSettings;
  /** `null`: no limit. */
  readonly requestsPerMinute: number | null;
  /** The window of the limit; tests shorten it. */
  readonly limitWindowMs: number;
  readonly retryAfterFormat: RetryAfterFormat;
  /** What happens to unknown keys and slugs: the row is refused, or they are silently ignored. */
  readonly unknownKeys: 'refuse' | 'drop';
  readonly pointerFormat: PointerFormat;
  /** `null`: every slug is known and takes text, numbers, true/false and null, and there is no list of them. */
  readonly characteristics: readonly CharacteristicDefinition[] | null;
  /** Lists that are unavailable, and the status of the response. */
  readonly unavailableLists: Readonly<Partial<Record<'participants' | 'characteristics', number>>>;
  /** Whether lists say how many entries and pages they have, besides whether more follow. */
  readonly listTotals: boolean;
  /** How long every request waits before it is processed. */
  readonly latencyMs: number;
  readonly maxBodyBytes: number;
  readonly rejectedEmails: RejectedEmails;
  /** Whether a row may lack an e-mail; such a row always creates a person. */
  readonly allowMissingEmail: boolean;
  /** Whether to count how often each e-mail was applied. */
  readonly recordApplied: boolean;
  /** How many requests the log keeps. */
  readonly logSize: number;
}

export const defaultOptions: SimulatorOptions = {
  host: '127.0.0.1',
  port: 0,
  apiKey: 'simulator-key',
  wire: { auth: 'apikey-header', envelope: 'participants', fieldCase: 'snake', characteristics: 'nested' },
  requestsPerMinute: null,
  limitWindowMs: 60_000,
  retryAfterFormat: 'seconds',
  unknownKeys: 'refuse',
  pointerFormat: 'jsonapi',
  characteristics: null,
  unavailableLists: {},
  listTotals: false,
  latencyMs: 0,
  maxBodyBytes: 1_048_576,
  rejectedEmails: [],
  allowMissingEmail: false,
  recordApplied: true,
  logSize: 1_000,
};
