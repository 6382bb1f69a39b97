import type { Ledger } from '../../core/ports/run-store.ts';
import { stateLost } from '../../core/lost-errors.ts';

/** What has happened at the Hub may still be settled, where the database answers. */
const graceMs = 3000;

/** The same ledger, which nobody waits for long once the session is lost. */
export function ledgerUntilLost(ledger: Ledger, lost: AbortSignal): Ledger {
  return {
    outbox: (after, limit) => untilLost(ledger.outbox(after, limit), lost),
    nextNumber: () => untilLost(ledger.nextNumber(), lost),
    record: (batch) => untilLost(ledger.record(batch), lost),
    settle: (batch, settlement) => untilLost(ledger.settle(batch, settlement), lost),
    reject: (number, rejected) => untilLost(ledger.reject(number, rejected), lost),
  };
}

async function untilLost<T>(work: Promise<T>, lost: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let wait = (): void => undefined;
  const given = new Promise<never>((_, reject) => {
    wait = () => {
      timer = setTimeout(() => reject(stateLost()), graceMs);
    };
  });
  lost.addEventListener('abort', wait);
  if (lost.aborted) wait();
  try {
    return await Promise.race([work, given]);
  } finally {
    lost.removeEventListener('abort', wait);
    clearTimeout(timer);
  }
}
