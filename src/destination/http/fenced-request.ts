import { ClientRequest } from 'node:http';
import type { ClientRequestArgs, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Hold } from '../../core/ports/ports.ts';

/** A state database that cannot confirm the right to send before it lapses again is asked so often. */
const mostRenewals = 3;

/** What became of one request on its way out. */
export interface Departure {
  /** Something of it has been handed to the connection. */
  left: boolean;
  /** It was kept back, because the right to send was lost or could not be confirmed. */
  refused: boolean;
}

/**
 * Makes requests that say nothing before their connection stands and the right to send is held at that very moment. A
 * process that is frozen while it waits or connects so finds out before anything is on the wire.
 */
export function heldTransport(hold: Hold | undefined, departure: Departure) {
  return {
    request: (options: ClientRequestArgs, onResponse: (response: IncomingMessage) => void): ClientRequest =>
      new HeldRequest(options, onResponse).holdBack(hold, departure),
  };
}

class HeldRequest extends ClientRequest {
  #body: Buffer | null = null;
  #depart: () => void = () => undefined;

  holdBack(hold: Hold | undefined, departure: Departure): this {
    this.#depart = () => {
      departure.left = true;
      if (this.#body !== null) super.write(this.#body);
      super.end();
    };
    this.once('socket', (socket) => whenConnected(socket, () => void this.#ask(hold, departure)));
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
  async #ask(hold: Hold | undefined, departure: Departure): Promise<void> {
    for (let renewals = 0; !this.destroyed; renewals += 1) {
      if (hold === undefined || hold.held()) return this.#depart();
      // A process that was merely slow has lost nothing by asking the state database first.
      if (renewals === mostRenewals || !(await hold.renew())) {
        departure.refused = true;
        this.destroy(new Error('the right to send is not held'));
      }
    }
  }
}

function whenConnected(socket: Socket, then: () => void): void {
  if (!socket.connecting) then();
  else socket.once('encrypted' in socket ? 'secureConnect' : 'connect', then);
}
