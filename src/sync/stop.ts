import { PanelsyncError } from '../core/errors.ts';
import type { Stop } from '../core/ports.ts';

/** A stop that also comes when the state database is lost: what cannot be recorded is not sent. */
export function withLost(stop: Stop, lost: AbortSignal): Stop {
  return { drain: AbortSignal.any([stop.drain, stop.abort, lost]), abort: AbortSignal.any([stop.abort, lost]) };
}

export function lostState(): PanelsyncError {
  return new PanelsyncError({
    code: 'state_lost',
    recovery: 'retriable',
    message: 'The connection to the state database was lost during the run; sending stopped at once.',
    hint: 'Run again when the database answers: batches in flight are resolved first, nothing is lost.',
  });
}
