import type { RunSession } from '../core/ports/run-store.ts';
import type { Stop } from '../core/ports/ports.ts';

/** A stop that also comes when the session is lost: what cannot be recorded is not sent. */
export function stopWithSession(stop: Stop, { lost, hold }: Pick<RunSession, 'lost' | 'hold'>): Stop {
  return { drain: AbortSignal.any([stop.drain, stop.abort, lost]), abort: AbortSignal.any([stop.abort, lost]), hold };
}
