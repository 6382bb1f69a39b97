import type pg from 'pg';

/** How long beyond the statement timeout a server may say nothing: one that is well has cancelled the model by then. */
const silenceMs = 2000;

/** The longest time that setTimeout can hold. */
const longestTimerMs = 2 ** 31 - 1;

/** Drops a connection whose server says nothing long after it should have cancelled the statement by itself. */
export interface Watch {
  /** Begins anew. */
  start(): void;
  isOver(): boolean;
  stop(): void;
}

export function watchOver(client: pg.Client, statementTimeoutMs: number): Watch {
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const drop = (): void => {
    over = true;
    void client.end();
  };
  return {
    start: () => {
      clearTimeout(timer);
      timer = setTimeout(drop, Math.min(statementTimeoutMs + silenceMs, longestTimerMs));
    },
    isOver: () => over,
    stop: () => clearTimeout(timer),
  };
}
