import type pg from 'pg';

/** How long beyond the statement timeout a server may say nothing: one that is well has cancelled the model by then. */
const gracePeriodMs = 2000;

/** The longest time that setTimeout can hold. */
const maxTimerMs = 2 ** 31 - 1;

/** Drops a connection whose server says nothing long after it should have cancelled the statement by itself. */
export interface Watchdog {
  /** Begins anew. */
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
