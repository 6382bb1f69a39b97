/** Sends the changes of a run in batches, and splits batches that the Hub refuses. */

import { plannedChanges } from '../../core/ports/run/plan-store.ts';
import type { PlanCounts } from '../../core/ports/run/plan-store.ts';
import { withSpan } from '../../core/tracing.ts';
import { withSmallHeap } from '../../lib/heap-growth.ts';
import type { RunContext } from '../run-context.ts';
import { BatchSender } from './batch-sender.ts';
import type { DeliveryResult, SenderOptions } from './batch-sender.ts';
import type { Fragment } from './batches.ts';
import { batchesOf } from './batches.ts';

/** Steps 5 to 7 of a run: cuts the outbox into batches, sends them, and settles each by its answer. */

export interface Delivery {
  readonly result: DeliveryResult;
  /** What parts of it are sent again with. */
  readonly options: SenderOptions;
}

/** Sends at most `limit` rows of the outbox. */
export async function deliver(
  run: RunContext,
  { counts }: { readonly counts: PlanCounts },
  limit: number | null,
): Promise<Delivery> {
  const ledger = run.stores.ledger(run.runId);
  const total = Math.min(plannedChanges(counts), limit ?? Number.POSITIVE_INFINITY);
  let done = 0;
  run.onProgress({ step: 'send', done, total });
  const fragments = async function* (): AsyncGenerator<Fragment> {
    for await (const rows of batchesOf(ledger, run.delivery.batchSize, total)) yield { rows, parent: null };
  };
  const onSettled = (rows: number): void => {
    done += rows;
    run.onProgress({ step: 'send', done, total });
  };
  const options = { ...(await senderOptions(run)), ledger, onSettled };
  return withSpan('send', { sync: run.sync.name, run_id: run.runId, 'rows.to_send': total }, async (span) => {
    const result = await withSmallHeap(total, () => new BatchSender(run, options).send(fragments()));
    span.set({ 'rows.settled': done });
    if (result.error !== null) span.fail(result.error.code);
    return { result, options };
  });
}

/**
 * Insert mode must not overwrite anybody, so what the Hub may have applied is looked up before it goes again. The other
 * modes may repeat it: people are matched by e-mail, and the second time changes nothing.
 */
export async function senderOptions({
  sync,
  stores,
  destination,
  delivery,
}: RunContext): Promise<Pick<SenderOptions, 'contractVerified' | 'maxUnknownOutcomes'>> {
  return {
    contractVerified: await stores.runs.isContractVerified(destination.fingerprint),
    // What is under way when the Hub goes down counts as one.
    maxUnknownOutcomes: sync.mode === 'insert' ? delivery.maxAttempts + delivery.concurrency - 1 : null,
  };
}
