import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { rewriteStatement } from './statements.ts';

/**
 * A server that speaks and refuses as Redshift does, as far as its documentation says: a Postgres behind a proxy that
 * takes the protocol apart. What Redshift lacks fails with its error; everything else really runs.
 */
export interface RedshiftServer {
  /** The address of the database, through the proxy. */
  readonly url: string;
  /** Statements as clients sent them. */
  readonly statements: readonly string[];
  /** Once: loses a row on its way to the client. */
  loseRow(): void;
  close(): Promise<void>;
}

/** `url`: a Postgres database. */
export async function startRedshiftServer(url: string): Promise<RedshiftServer> {
  const { hostname, port } = new URL(url);
  const statements: string[] = [];
  const sockets = new Set<Socket>();
  let losesRow = false;
  const server = createServer({ noDelay: true }, (client) => {
    const target = connect({ host: hostname, port: Number(port), noDelay: true });
    const cut = (): void => {
      client.destroy();
      target.destroy();
    };
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', cut).on('close', () => (sockets.delete(socket), cut()));
    }
    forward(client, target, true, (message) => rewriteFromClient(message, statements)).catch(cut);
    forward(target, client, false, (message) => {
      if (!losesRow || message[0] !== rowType) return rewriteFromServer(message);
      losesRow = false;
      return Buffer.alloc(0);
    }).catch(cut);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const own = new URL(url);
  own.hostname = '127.0.0.1';
  own.port = String(typeof address === 'object' && address !== null ? address.port : 0);
  return {
    url: own.href,
    statements,
    loseRow: () => (losesRow = true),
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

async function forward(
  from: Socket,
  to: Socket,
  startsWithoutType: boolean,
  rewrite: (message: Buffer) => Buffer,
): Promise<void> {
  for await (const message of messages(from, startsWithoutType)) {
    if (!to.write(rewrite(message))) await once(to, 'drain');
  }
  to.end();
}

/** Whole messages: a byte for the type, four for the length of the rest, which counts itself. A client's first has no type. */
async function* messages(socket: Socket, startsWithoutType: boolean): AsyncGenerator<Buffer> {
  let pending: Buffer = Buffer.alloc(0);
  let typeLength = startsWithoutType ? 0 : 1;
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue;
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (;;) {
      const length = pending.length < typeLength + 4 ? Infinity : typeLength + pending.readInt32BE(typeLength);
      if (pending.length < length) break;
      yield pending.subarray(0, length);
      pending = pending.subarray(length);
      typeLength = 1;
    }
  }
}

function rewriteFromClient(message: Buffer, statements: string[]): Buffer {
  const type = String.fromCharCode(message[0] ?? 0);
  if (type !== 'Q' && type !== 'P') return message;
  const nameEnd = type === 'P' ? message.indexOf(0, 5) + 1 : 5;
  const sqlEnd = message.indexOf(0, nameEnd);
  const sql = message.toString('utf8', nameEnd, sqlEnd);
  statements.push(sql);
  const rewritten = rewriteStatement(sql);
  if (rewritten === sql) return message;
  return withLength([message.subarray(0, nameEnd), Buffer.from(rewritten), message.subarray(sqlEnd)]);
}

/** The Postgres that Redshift descends from. */
const redshiftsPostgres = '8.0.2';

const rowType = 'D'.charCodeAt(0);

const typeIds: ReadonlyMap<number, number> = new Map([
  [3802, 4000], // jsonb: super
  [17, 6551], // bytea: varbyte
]);

function rewriteFromServer(message: Buffer): Buffer {
  switch (String.fromCharCode(message[0] ?? 0)) {
    case 'S':
      return replaceText(message, 5, /^server_version\0[^\0]*/, `server_version\0${redshiftsPostgres}`);
    case 'E':
      return message.includes('C57014\0')
        ? replaceText(message, 5, /(?<=\0)M[^\0]*/, "MQuery (4711) cancelled on user's request")
        : message;
    case 'T':
      return withTypeIds(message);
    default:
      return message;
  }
}

/** Names end in a zero byte; the id of the type stands six bytes behind it, twelve bytes before the next name. */
function withTypeIds(message: Buffer): Buffer {
  const copy = Buffer.from(message);
  for (let index = 7; index < copy.length;) {
    const idAt = copy.indexOf(0, index) + 7;
    copy.writeInt32BE(typeIds.get(copy.readInt32BE(idAt)) ?? copy.readInt32BE(idAt), idAt);
    index = idAt + 12;
  }
  return copy;
}

function replaceText(message: Buffer, start: number, pattern: RegExp, by: string): Buffer {
  return withLength([message.subarray(0, start), Buffer.from(message.toString('utf8', start).replace(pattern, by))]);
}

function withLength(parts: readonly Buffer[]): Buffer {
  const message = Buffer.concat(parts);
  message.writeInt32BE(message.length - 1, 1);
  return message;
}
