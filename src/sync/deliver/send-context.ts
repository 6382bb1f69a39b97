import type { RunSession } from '../../core/ports/run-store.ts';
import type { Destination, Formats, Log, Stop } from '../../core/ports/ports.ts';
import type { Projection } from '../../core/model/projection.ts';
import type { DestinationSettings, SyncSettings } from '../../core/settings.ts';
import type { DeliveryInput } from './deliver.ts';
import type { Progress } from '../plan/plan.ts';
import { withoutValues } from './redact-values.ts';

/** What everything that a run sends has in common. */
export interface Sending {
  readonly runId: string;
  readonly sync: SyncSettings;
  readonly session: RunSession;
  readonly destination: Destination;
  readonly formats: Formats;
  /** The mapping laid over the model's columns. */
  projection(): Promise<Projection>;
  readonly log: Log;
  readonly stop: Stop;
  readonly delivery: Pick<DestinationSettings, 'batchSize' | 'concurrency' | 'maxAttempts' | 'maxSplitRequests'>;
  onProgress(progress: Progress): void;
}

/**
 * Insert mode must not overwrite anybody, so what the Hub may have applied is looked up before it goes again. The other
 * modes may repeat it: people are matched by e-mail, and the second time changes nothing.
 */
export async function deliveryInput({
  sync,
  session,
  destination,
  log,
  stop,
  delivery,
}: Sending): Promise<Omit<DeliveryInput, 'ledger' | 'fragments' | 'onSettled'>> {
  const proven = await session.isProven(destination.fingerprint);
  return {
    destination: session.keeping.payload === 'hashed' ? withoutValues(destination) : destination,
    log,
    stop,
    proven,
    concurrency: delivery.concurrency,
    maxSplitRequests: delivery.maxSplitRequests,
    // What is under way when the Hub goes down counts as one.
    ...(sync.mode === 'insert' ? { mostDoubts: delivery.maxAttempts + delivery.concurrency - 1 } : {}),
  };
}
