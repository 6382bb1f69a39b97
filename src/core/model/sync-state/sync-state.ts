/** The state of a sync in one word: what people ask for before they look at numbers. */

import type { RunStatus } from '../terms.ts';

export const syncStates = [
  'running',
  'paused',
  'failing',
  'stopped',
  'overdue',
  'stale',
  'refused',
  'new',
  'healthy',
] as const;
/** In the order in which they matter: where several apply, the first one counts. */
export type SyncState = (typeof syncStates)[number];

/** Ends of a run that say something of its sync; a canceled run leaves the state as it was. */
export const decisiveStatuses = ['succeeded', 'partial', 'failed', 'stopped'] as const satisfies readonly RunStatus[];
export type DecisiveStatus = (typeof decisiveStatuses)[number];

export interface SyncFacts {
  readonly running: boolean;
  readonly paused: boolean;
  /** How the last run ended that ended in a decisive way; `null` where none did. */
  readonly lastOutcome: DecisiveStatus | null;
  readonly overdue: boolean;
  /** The newest data is older than it may be. */
  readonly stale: boolean;
  /** Rejections that are open. */
  readonly rejections: number;
}

export function syncStateOf({ running, paused, lastOutcome, overdue, stale, rejections }: SyncFacts): SyncState {
  if (running) return 'running';
  if (paused) return 'paused';
  // Where runs fail or are stopped, that none succeeds says nothing new.
  if (lastOutcome === 'failed') return 'failing';
  if (lastOutcome === 'stopped') return 'stopped';
  if (overdue) return 'overdue';
  if (stale) return 'stale';
  if (lastOutcome === null) return 'new';
  return rejections > 0 ? 'refused' : 'healthy';
}

/** For tables and reports. */
export const syncStateWords: Readonly<Record<SyncState, string>> = {
  running: 'running',
  paused: 'paused',
  failing: 'failing',
  stopped: 'stopped by a guard',
  overdue: 'overdue',
  stale: 'stale data',
  refused: 'refused rows',
  new: 'new',
  healthy: 'healthy',
};
