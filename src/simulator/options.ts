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
 * How a refusal points at a row: `/data/3/attributes/email`, `/participants/3/email`, `/3`, or not at all.
 */
export type PointerFormat = 'jsonapi' | 'participants' | 'short' | 'none';

/** E-mails that are refused although they look right; a predicate may return the words of the refusal. */
export type RejectedEmails = readonly string[] | ((email: string) => boolean | string);

export interface SimulatorOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly apiKey: string;
  /** The one shape of requests that is understood. */
  readonly wire: WireSettings;
  /** `null`: no limit. */
  readonly requestsPerMinute: number | null;
  /** How long the minute of the limit is; tests shorten it. */
  readonly limitWindowMs: number;
  readonly retryAfterFormat: RetryAfterFormat;
  /** What happens to keys and slugs nobody knows: the row is refused, or they are silently ignored. */
  readonly unknownKeys: 'refuse' | 'drop';
  readonly pointerFormat: PointerFormat;
  /** `null`: every slug is known and takes text, numbers, true/false and null, and there is no list of them. */
  readonly characteristics: readonly CharacteristicDefinition[] | null;
  /** Lists that are not to be had, and the status they are answered with. */
  readonly unavailableLists: Readonly<Partial<Record<'participants' | 'characteristics', number>>>;
  /** Every request waits so long before it is looked at. */
  readonly latencyMs: number;
  readonly maxBodyBytes: number;
  readonly rejectedEmails: RejectedEmails;
  /** Whether a person may come without an e-mail; such a row always makes a new person. */
  readonly allowMissingEmail: boolean;
  /** Whether to count how often each e-mail was applied. */
  readonly recordApplied: boolean;
  /** How many requests the log remembers. */
  readonly logSize: number;
}

export const defaultOptions: SimulatorOptions = {
  host: '127.0.0.1',
  port: 0,
  apiKey: 'simulator-key',
  wire: { auth: 'apikey-header', envelope: 'participants', fieldCase: 'snake' },
  requestsPerMinute: null,
  limitWindowMs: 60_000,
  retryAfterFormat: 'seconds',
  unknownKeys: 'refuse',
  pointerFormat: 'jsonapi',
  characteristics: null,
  unavailableLists: {},
  latencyMs: 0,
  maxBodyBytes: 1_048_576,
  rejectedEmails: [],
  allowMissingEmail: false,
  recordApplied: true,
  logSize: 1_000,
};
