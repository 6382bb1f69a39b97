import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Keeps the number of connections within a limit, and lets every newcomer in: for each one too many, the oldest
 * connection without a complete request is closed. So clients that connect and stay silent cannot shut out a health
 * check.
 */
export function limitConnections(server: Server, limit: number): void {
  /** Each open connection and its latest request, oldest connection first. */
  const requests = new Map<Socket, IncomingMessage | null>();
  server.on('connection', (socket: Socket) => {
    requests.set(socket, null);
    socket.once('close', () => requests.delete(socket));
    if (requests.size > limit) oldestToClose(requests, socket)?.destroy();
  });
  server.on('request', (request: IncomingMessage, response) => {
    if (requests.has(request.socket)) requests.set(request.socket, request);
    response.once('close', () => {
      if (requests.get(request.socket) === request) requests.set(request.socket, null);
    });
  });
}

function oldestToClose(requests: ReadonlyMap<Socket, IncomingMessage | null>, newcomer: Socket): Socket | undefined {
  const others = [...requests].filter(([socket]) => socket !== newcomer);
  const silent = others.find(([, request]) => request === null || !request.complete);
  return (silent ?? others[0])?.[0];
}
