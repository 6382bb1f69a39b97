import type { RunReport } from '../model/terms.ts';

/** How a sync stands, in numbers that are cheap to read. */
export interface SyncGauges {
  readonly sync: string;
  readonly lastRun: RunReport | null;
  /** End of the last run that sent what it could: succeeded or partial. */
  readonly lastSuccessAt: Date | null;
  /** Open rejections by who refused. */
  readonly rejections: { readonly validation: number; readonly destination: number };
  /** People who are suppressed, whatever their rows say. */
  readonly suppressed: number;
  /** Batches of which nobody knows whether the Hub stored them. */
  readonly unknownBatches: number;
  readonly paused: boolean;
  /** How old the newest data is that the last run read; without end where no row has a time; `null`: unknown. */
  readonly dataAgeSeconds: number | null;
}

/** Reads the figures of all syncs that are on record. */
export type ReadGauges = () => Promise<readonly SyncGauges[]>;
