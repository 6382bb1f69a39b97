import { ClientRequest } from 'node:http';
import type { ClientRequestArgs, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Fence } from '../../core/ports/fence.ts';
import type { ShutdownSignals } from '../../core/ports/shutdown-signals.ts';

/** How often the lease is renewed for one request, should it expire again each time before the request is sent. */
const maxRenewals = 3;

/** Until when a request is tried, and under which right. */
export interface RequestAuthority {
  readonly shutdown: ShutdownSignals;
  readonly fence: Fence;
}

/** How far one request got. */
export interface DispatchState {
  /** A part of it was handed to the connection. */
  started: boolean;
  /** It was not sent, because the lease was lost or could not be confirmed. */
  fenced: boolean;
}

/**
 * Makes requests that write nothing until they are connected and the lease is held at that very moment. A process that
 * is frozen while it waits or connects notices the lost lease before anything is on the wire.
 */
export function fencedTransport(fence: Fence, dispatch: DispatchState) {
  return {
    request: (options: ClientRequestArgs, onResponse: (response: IncomingMessage) => void): ClientRequest =>
      new FencedRequest(options, onResponse).waitForFence(fence, dispatch),
  };
}

class FencedRequest extends ClientRequest {
  #body: Buffer | null = null;
  #dispatch: () => void = () => undefined;

  waitForFence(fence: Fence, dispatch: DispatchState): this {
    this.#dispatch = () => {
      dispatch.started = true;
      if (this.#body !== null) super.write(this.#body);
      super.end();
    };
    this.once('socket', (socket) => whenConnected(socket, () => void this.#dispatchOnceHeld(fence, dispatch)));
    return this;
  }

  /** Keeps the whole body, which axios writes in one piece, until the request is connected. */
  override write(body: Buffer): boolean {
    this.#body = body;
    return true;
  }

  /** Does nothing: the request ends when it is dispatched. */
  override end(): this {
    return this;
  }

  /** Nothing happens between the last check of the lease and the first byte. */
  async #dispatchOnceHeld(fence: Fence, dispatch: DispatchState): Promise<void> {
    for (let attempts = 0; !this.destroyed; attempts += 1) {
      if (fence.isHeld()) return this.#dispatch();
      // A process that was merely slow may still hold the lease; the state database knows.
      if (attempts === maxRenewals || !(await fence.renew())) {
        dispatch.fenced = true;
        this.destroy(new Error('the lease is not held'));
      }
    }
  }
}

function whenConnected(socket: Socket, onConnected: () => void): void {
  if (!socket.connecting) onConnected();
  else socket.once('encrypted' in socket ? 'secureConnect' : 'connect', onConnected);
}
