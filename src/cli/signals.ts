import type { ShutdownSignals } from '../core/ports/shutdown-signals.ts';

/** The first signal lets batches in flight finish, the second drops everything, a third does not wait for that. */
export function listenForShutdown({
  onDrain,
  onThirdSignal,
}: {
  onDrain(): void;
  onThirdSignal(): void;
}): ShutdownSignals {
  const drain = new AbortController();
  const abort = new AbortController();
  const onSignal = (): void => {
    if (abort.signal.aborted) {
      onThirdSignal();
    } else if (drain.signal.aborted) {
      abort.abort();
    } else {
      onDrain();
      drain.abort();
    }
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return { drain: drain.signal, abort: abort.signal };
}
