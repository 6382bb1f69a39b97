import { ClientRequest } from 'node:http';
import type { ClientRequestArgs, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Fence } from '../../core/ports/ports.ts';

/** A state database that cannot confirm the right to send before it lapses again is asked so often. */
const maxRenewals = 3;

/** What became of one request on its way out. */
export interface DispatchState {
  /** Something of it has been handed to the connection. */
  started: boolean;
  /** It was kept back, because the right to send was lost or could not be confirmed. */
  fenced: boolean;
}

/**
 * Makes requests that say nothing before their connection stands and the right to send is held at that very moment. A
 * process that is frozen while it waits or connects so finds out before anything is on the wire.
 */
export function fencedTransport(fence: Fence | undefined, dispatch: DispatchState) {
  return {
    request: (options: ClientRequestArgs, onResponse: (response: IncomingMessage) => void): ClientRequest =>
      new FencedRequest(options, onResponse).waitForFence(fence, dispatch),
  };
}

class FencedRequest extends ClientRequest {
  #body: Buffer | null = null;
  #dispatch: () => void = () => undefined;

  waitForFence(fence: Fence | undefined, dispatch: DispatchState): this {
    this.#dispatch = () => {
      dispatch.started = true;
      if (this.#body !== null) super.write(this.#body);
      super.end();
    };
    this.once('socket', (socket) => whenConnected(socket, () => void this.#dispatchOnceHeld(fence, dispatch)));
    return this;
  }

  /** The whole body in one piece; it waits for the connection. */
  override write(body: Buffer): boolean {
    this.#body = body;
    return true;
  }

  /** The request goes when it may. */
  override end(): this {
    return this;
  }

  /** Nothing comes between the last yes and the first byte. */
  async #dispatchOnceHeld(fence: Fence | undefined, dispatch: DispatchState): Promise<void> {
    for (let attempts = 0; !this.destroyed; attempts += 1) {
      if (fence === undefined || fence.isHeld()) return this.#dispatch();
      // A process that was merely slow has lost nothing by asking the state database first.
      if (attempts === maxRenewals || !(await fence.renew())) {
        dispatch.fenced = true;
        this.destroy(new Error('the right to send is not held'));
      }
    }
  }
}

function whenConnected(socket: Socket, onConnected: () => void): void {
  if (!socket.connecting) onConnected();
  else socket.once('encrypted' in socket ? 'secureConnect' : 'connect', onConnected);
}
