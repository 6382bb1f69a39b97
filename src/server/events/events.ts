/** Server-sent events: what happens, for pages that stay open. */

import type { Request, Response } from 'express';
import { PanelsyncError } from '../../core/errors.ts';
import type { Session } from '../access/sessions.ts';
import type { LiveEvent } from '../api.ts';

/** Proxies close connections that are silent for a minute. */
const heartbeatMs = 15_000;

/** Streams stay open, so they get no more than half of all connections. */
export const maxStreams = 100;

/** A client that leaves this much unread is too slow; it connects again, and gets the present state. */
const maxBufferedBytes = 256 * 1024;

/** When clients connect again. */
const retryMs = 3000;

interface StreamSource {
  /** The session that the stream ends with; `null` for a token. */
  readonly session: Session | null;
  /** Calls `listener` with each event, the present state first; returns what ends that. */
  subscribe(listener: (event: LiveEvent) => void): () => void;
}

interface OpenStream {
  readonly response: Response;
  readonly session: Session | null;
}

/** The open streams of server-sent events. */
export class EventStreams {
  readonly #streams = new Set<OpenStream>();
  #heartbeat: NodeJS.Timeout | null = null;
  #closed = false;

  /** Keeps the response open and sends events on it, until one side or the session ends. */
  open(request: Request, response: Response, { session, subscribe }: StreamSource): void {
    // The client went while its token waited for its turn.
    if (response.destroyed) return;
    if (this.#closed || this.#streams.size >= maxStreams) throw tooManyStreamsError();
    // The connection serves nothing afterwards, so that a server that stops need not wait for it.
    response.shouldKeepAlive = false;
    response.set({ 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' });
    if (request.method === 'HEAD') return void response.end();
    response.flushHeaders();
    response.write(`retry: ${retryMs}\n\n`);
    const stream = { response, session };
    this.#streams.add(stream);
    this.#heartbeat ??= setInterval(() => this.#beat(), heartbeatMs);
    const end = (): void => void response.end();
    session?.ended.addEventListener('abort', end);
    const unsubscribe = subscribe(({ name, data }) => send(response, `event: ${name}\ndata: ${data}\n\n`));
    response.once('close', () => {
      unsubscribe();
      session?.ended.removeEventListener('abort', end);
      this.#remove(stream);
    });
  }

  /** Ends all streams, and takes no new ones. */
  close(): void {
    this.#closed = true;
    for (const { response } of this.#streams) response.end();
  }

  /** An open stream uses its session; one that has expired ends the stream. */
  #beat(): void {
    for (const { response, session } of this.#streams) {
      if (session === null || session.isActive) {
        session?.use();
        send(response, ': still here\n\n');
      } else response.end();
    }
  }

  #remove(stream: OpenStream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0 || this.#heartbeat === null) return;
    clearInterval(this.#heartbeat);
    this.#heartbeat = null;
  }
}

function send(response: Response, text: string): void {
  if (response.writableEnded || response.destroyed) return;
  if (response.writableLength > maxBufferedBytes) response.destroy();
  else response.write(text);
}

function tooManyStreamsError(): PanelsyncError {
  return new PanelsyncError({
    code: 'too_many_streams',
    recovery: 'retriable',
    message: `No more than ${maxStreams} clients can follow events at the same time.`,
    hint: 'Close pages that nobody looks at, or read GET /api/syncs instead.',
  });
}
