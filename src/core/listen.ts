import type { Server } from 'node:http';
import { PanelsyncError } from './errors.ts';
import { systemCode } from '../lib/system-code.ts';

export interface ListenAddress {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** Who cannot listen, for the message, such as "The simulator". */
interface ListenerLabel {
  readonly code: string;
  readonly name: string;
}

/** Resolves with the origin that the server is reached at, such as `http://127.0.0.1:8787`. */
export async function listen(
  server: Server,
  { host, port }: ListenAddress,
  { code, name }: ListenerLabel,
): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    const onError = (error: Error): void => {
      const systemError = systemCode(error) ?? 'unknown';
      const detail = systemError === 'EADDRINUSE' ? ': another program listens there already' : '';
      const message = `${name} cannot listen on ${host}:${port}${detail} (${systemError}).`;
      const hint = 'Choose another port or host, or 0 for any free port.';
      reject(new PanelsyncError({ code, recovery: 'usage', message, hint, cause: error }));
    };
    server.once('error', onError);
    server.listen(port, host, () => {
      server.off('error', onError);
      resolve();
    });
  });
  const address = server.address();
  const boundPort = typeof address === 'object' && address !== null ? address.port : port;
  return `http://${host.includes(':') ? `[${host}]` : host}:${boundPort}`;
}
