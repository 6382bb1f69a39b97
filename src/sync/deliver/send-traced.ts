import type { SendResult } from '../../core/ports/destination.ts';
import type { BatchIntent } from '../../core/ports/run/ledger.ts';
import { withSpan } from '../../core/tracing.ts';
import type { RunContext } from '../run-context.ts';

/** Sends one batch with all its attempts: a span, and a line of the log. */
export function sendTraced(
  { destination, shutdown, fence, log }: Pick<RunContext, 'destination' | 'shutdown' | 'fence' | 'log'>,
  batch: BatchIntent,
  onUnknownOutcome: 'retry' | 'defer',
): Promise<SendResult> {
  const rows = batch.rows.length;
  return withSpan('batch', { batch: batch.number, 'batch.rows': rows }, async (span) => {
    const payloads = batch.rows.map((row) => row.payload);
    const result = await destination.send(payloads, { shutdown, fence, onUnknownOutcome });
    const { outcome, status, requestId, durationMs, requests } = result;
    log.debug('batch answered', {
      batch: batch.number,
      rows,
      outcome: outcome.kind,
      status,
      requestId,
      durationMs,
    });
    span.set({ 'batch.outcome': outcome.kind, 'batch.requests': requests.sent });
    if (status !== null) span.set({ 'batch.status': status });
    if ('error' in outcome) span.fail(outcome.error.code);
    return result;
  });
}
