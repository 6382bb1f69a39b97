import type { Ledger } from '../../core/ports/run/ledger.ts';
import { stateConnectionLost } from '../../core/lost-errors.ts';

/** What has happened at the Hub may still be settled, where the database answers. */
const graceMs = 3000;

/** The same ledger, which nobody waits for long once the session is lost. */
export function abortableLedger(ledger: Ledger, lost: AbortSignal): Ledger {
  return {
    outbox: (after, limit) => rejectAfterLoss(ledger.outbox(after, limit), lost),
    nextNumber: () => rejectAfterLoss(ledger.nextNumber(), lost),
    record: (batch) => rejectAfterLoss(ledger.record(batch), lost),
    settle: (batch, settlement) => rejectAfterLoss(ledger.settle(batch, settlement), lost),
    reject: (number, rejected) => rejectAfterLoss(ledger.reject(number, rejected), lost),
  };
}

async function rejectAfterLoss<T>(work: Promise<T>, lost: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let startTimer = (): void => undefined;
  const timeout = new Promise<never>((_, reject) => {
    startTimer = () => {
      timer = setTimeout(() => reject(stateConnectionLost()), graceMs);
    };
  });
  lost.addEventListener('abort', startTimer);
  if (lost.aborted) startTimer();
  try {
    return await Promise.race([work, timeout]);
  } finally {
    lost.removeEventListener('abort', startTimer);
    clearTimeout(timer);
  }
}
