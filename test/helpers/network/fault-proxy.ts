import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type Direction = 'to-target' | 'to-client';

/** A TCP proxy that behaves as a bad network does. Nothing is wrong with it until it is told. */
export interface FaultProxy {
  readonly host: string;
  readonly port: number;
  /** Connections that are open now. */
  readonly connections: number;
  /** Each piece of data waits so long, in both directions. */
  setLatencyMs(latencyMs: number): void;
  /** Resets all open connections; new ones are taken. */
  cutAll(): void;
  /** Once: lets so many more bytes through in this direction, then cuts the connection that carried the last. */
  cutAfterBytes(bytes: number, direction: Direction): void;
  /** While on, new connections are refused; open ones stay. */
  refuse(on: boolean): Promise<void>;
  /** While on, connections are accepted and nothing is forwarded; what was held back follows when it ends. */
  stall(on: boolean): void;
  /** Once: lets so many more bytes through in this direction, then stalls. */
  stallAfterBytes(bytes: number, direction: Direction): void;
  readonly stalled: boolean;
  close(): Promise<void>;
}

export interface FaultProxyOptions {
  readonly target: { readonly host: string; readonly port: number };
}

export async function startFaultProxy({ target }: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = new TcpFaultProxy(target);
  await proxy.refuse(false);
  return proxy;
}

interface ConnectionPair {
  readonly client: Socket;
  readonly target: Socket;
}

class TcpFaultProxy implements FaultProxy {
  readonly host = '127.0.0.1';
  readonly #target: FaultProxyOptions['target'];
  readonly #pairs = new Set<ConnectionPair>();
  readonly #bytesUntilCut = new Map<Direction, number>();
  readonly #bytesUntilStall = new Map<Direction, number>();
  #server: Server | null = null;
  #port = 0;
  #latencyMs = 0;
  #stalled: Promise<void> | null = null;
  #resume = (): void => undefined;

  constructor(target: FaultProxyOptions['target']) {
    this.#target = target;
  }

  get port(): number {
    return this.#port;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  setLatencyMs(latencyMs: number): void {
    this.#latencyMs = latencyMs;
  }

  cutAll(): void {
    for (const pair of this.#pairs) {
      pair.client.resetAndDestroy();
      pair.target.resetAndDestroy();
    }
  }

  cutAfterBytes(bytes: number, direction: Direction): void {
    this.#bytesUntilCut.set(direction, bytes);
  }

  stallAfterBytes(bytes: number, direction: Direction): void {
    this.#bytesUntilStall.set(direction, bytes);
  }

  get stalled(): boolean {
    return this.#stalled !== null;
  }

  async refuse(on: boolean): Promise<void> {
    if (on) {
      this.#server?.close();
      this.#server = null;
    } else if (this.#server === null) {
      this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
      this.#server.listen(this.#port, this.host);
      await once(this.#server, 'listening');
      const address = this.#server.address();
      this.#port = typeof address === 'object' && address !== null ? address.port : 0;
    }
  }

  stall(on: boolean): void {
    this.#resume();
    this.#stalled = null;
    if (on) this.#stalled = new Promise((resolve) => (this.#resume = resolve));
  }

  async close(): Promise<void> {
    const server = this.#server;
    await this.refuse(true);
    this.stall(false);
    this.cutAll();
    if (server?.listening === true) await once(server, 'close');
  }

  #accept(client: Socket): void {
    const target = connect({ ...this.#target, allowHalfOpen: true, noDelay: true });
    const pair = { client, target };
    this.#pairs.add(pair);
    const cut = (): void => {
      client.destroy();
      target.destroy();
      this.#pairs.delete(pair);
    };
    for (const socket of [client, target]) socket.on('error', cut).on('close', cut);
    // Errors end the pair through `cut`; the loops only have to end with it.
    this.#pump(client, target, 'to-target').catch(cut);
    this.#pump(target, client, 'to-client').catch(cut);
  }

  async #pump(from: Socket, to: Socket, direction: Direction): Promise<void> {
    for await (const chunk of from.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(chunk)) continue;
      if (this.#latencyMs > 0) await sleep(this.#latencyMs);
      this.#countBytesUntilStall(chunk.length, direction);
      while (this.#stalled !== null) await this.#stalled;
      const remaining = this.#bytesUntilCut.get(direction) ?? Infinity;
      await write(to, chunk.subarray(0, remaining));
      if (chunk.length >= remaining) {
        this.#bytesUntilCut.delete(direction);
        to.destroy();
        return;
      }
      if (remaining !== Infinity) this.#bytesUntilCut.set(direction, remaining - chunk.length);
    }
    to.end();
  }

  #countBytesUntilStall(bytes: number, direction: Direction): void {
    const remaining = this.#bytesUntilStall.get(direction);
    if (remaining === undefined) return;
    this.#bytesUntilStall.set(direction, remaining - bytes);
    if (remaining > bytes) return;
    this.#bytesUntilStall.delete(direction);
    this.stall(true);
  }
}

function write(socket: Socket, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(chunk, (error) => {
      if (error === undefined || error === null) resolve();
      else reject(error);
    });
  });
}
