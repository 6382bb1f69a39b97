import type { RunSession } from '../../core/ports/run/run-store.ts';
import type { Destination, Formats, Log, ShutdownSignals } from '../../core/ports/destination.ts';
import type { Projection } from '../../core/model/projection.ts';
import type { DestinationSettings, SyncSettings } from '../../core/settings.ts';
import type { BatchSenderOptions } from './deliver.ts';
import type { Progress } from '../plan/plan.ts';
import { redactValues } from './redact-values.ts';

/** What everything that a run sends has in common. */
export interface SendContext {
  readonly runId: string;
  readonly sync: SyncSettings;
  readonly session: RunSession;
  readonly destination: Destination;
  readonly formats: Formats;
  /** The mapping laid over the model's columns. */
  projection(): Promise<Projection>;
  readonly log: Log;
  readonly shutdown: ShutdownSignals;
  readonly delivery: Pick<DestinationSettings, 'batchSize' | 'concurrency' | 'maxAttempts' | 'maxSplitRequests'>;
  onProgress(progress: Progress): void;
}

/**
 * Insert mode must not overwrite anybody, so what the Hub may have applied is looked up before it goes again. The other
 * modes may repeat it: people are matched by e-mail, and the second time changes nothing.
 */
export async function batchSenderOptions({
  sync,
  session,
  destination,
  log,
  shutdown,
  delivery,
}: SendContext): Promise<Omit<BatchSenderOptions, 'ledger' | 'fragments' | 'onSettled'>> {
  const contractVerified = await session.isContractVerified(destination.fingerprint);
  return {
    destination: session.codec.payload === 'hashed' ? redactValues(destination) : destination,
    log,
    shutdown,
    contractVerified,
    concurrency: delivery.concurrency,
    maxSplitRequests: delivery.maxSplitRequests,
    // What is under way when the Hub goes down counts as one.
    ...(sync.mode === 'insert' ? { maxUnknownOutcomes: delivery.maxAttempts + delivery.concurrency - 1 } : {}),
  };
}
