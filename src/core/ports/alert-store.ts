import type { ComparedRun } from '../model/sync-state/unusual.ts';
import type { DataFreshness } from '../model/freshness/data-freshness.ts';
import type { RunReport, RunStatus } from '../model/terms.ts';

export const alertKinds = ['failed', 'partial', 'stopped', 'overdue', 'stale', 'unusual', 'recovered'] as const;
/** What a message to a webhook is about. */
export type AlertKind = (typeof alertKinds)[number];

/** The status of a sync as alerts describe it. */
export type AlertState = 'ok' | Exclude<AlertKind, 'recovered'>;

/** One sync as one webhook watches it. */
export interface AlertSubscription {
  readonly webhook: string;
  readonly sync: string;
  /** Cron and time zone, to notice a change; `null`: it is never overdue. */
  readonly schedule: string | null;
  /** Ends of runs that say something to this webhook. */
  readonly relevantStatuses: readonly RunStatus[];
  /** Whether the last run is compared with those before it. */
  readonly comparesRuns: boolean;
}

/** What is on record about it, read at one moment. */
export interface AlertRecord {
  readonly notifiedState: AlertState;
  /** The newest run that ended in a way that counts. */
  readonly lastRun: RunReport | null;
  /** Runs before it that succeeded or were partial, newest first; see `findUnusual`. */
  readonly earlierRuns: readonly ComparedRun[];
  /** End of the last run that succeeded or was partial. */
  readonly lastSuccessAt: Date | null;
  /** Nothing is overdue by what came before. */
  readonly watchedSince: Date;
  /** Of the newest run that read the age of its data; `null`: none has. */
  readonly freshness: DataFreshness | null;
  readonly paused: boolean;
  /** Which state database this is. */
  readonly stateId: string;
  /** By the database's clock, like all the other times. */
  readonly now: Date;
}

/** The right to send one notification, for a minute: after that another process may claim it. */
export interface AlertClaim {
  readonly subscription: AlertSubscription;
  /** How many attempts were made for this change, this one included. */
  readonly attempt: number;
  readonly token: string;
}

/** What webhooks were sent, stored where all daemons see it. */
export interface AlertStore {
  read(subscription: AlertSubscription): Promise<AlertRecord>;
  /** `null`: somebody else tells the change, or it is too early for another attempt. */
  claim(subscription: AlertSubscription, notifiedState: AlertState): Promise<AlertClaim | null>;
  /** The webhook knows now. */
  settle(claim: AlertClaim, notifiedState: AlertState): Promise<void>;
  /** The attempt failed; the next one may be made after this time. */
  postpone(claim: AlertClaim, delayMs: number): Promise<void>;
}
