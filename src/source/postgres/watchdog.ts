import type pg from 'pg';

/** How long after the statement timeout a server may stay silent: a healthy one has canceled the model by then. */
const gracePeriodMs = 2000;

/** The longest delay of setTimeout. */
const maxTimerMs = 2 ** 31 - 1;

/** Closes a connection whose server should have canceled the statement by itself, and did not. */
export interface Watchdog {
  /** Starts the timer again. */
  start(): void;
  hasExpired(): boolean;
  stop(): void;
}

export function createWatchdog(client: pg.Client, statementTimeoutMs: number): Watchdog {
  let timer: NodeJS.Timeout | undefined;
  let expired = false;
  const expire = (): void => {
    expired = true;
    void client.end();
  };
  return {
    start: () => {
      clearTimeout(timer);
      timer = setTimeout(expire, Math.min(statementTimeoutMs + gracePeriodMs, maxTimerMs));
    },
    hasExpired: () => expired,
    stop: () => clearTimeout(timer),
  };
}
