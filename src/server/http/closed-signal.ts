import type { Response } from 'express';

/** Aborts when the client has gone away, and when the answer is complete. */
export function closedSignal(response: Response): AbortSignal {
  const closed = new AbortController();
  response.once('close', () => closed.abort());
  return closed.signal;
}
