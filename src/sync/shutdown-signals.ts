import type { RunSession } from '../core/ports/run/run-store.ts';
import type { ShutdownSignals } from '../core/ports/destination.ts';

/** A stop that also comes when the session is lost: what cannot be recorded is not sent. */
export function shutdownWithSession(
  shutdown: ShutdownSignals,
  { lost, fence }: Pick<RunSession, 'lost' | 'fence'>,
): ShutdownSignals {
  return {
    drain: AbortSignal.any([shutdown.drain, shutdown.abort, lost]),
    abort: AbortSignal.any([shutdown.abort, lost]),
    fence,
  };
}
