import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { startSimulator } from '../src/simulator/simulator.ts';

/** The Hub as a process of its own, so that the measured process has a core to itself. Ends with its parent. */
interface BenchHub {
  readonly url: string;
  counts(): object;
}

const [, , kind, badRowsText] = process.argv;
const badRows = Number(badRowsText ?? '0');

async function startHub(): Promise<BenchHub> {
  const hub = await startSimulator({
    pointerFormat: 'none',
    // Spread over the whole panel.
    rejectedEmails: (email: string) => badRows > 0 && Number(/\d+/.exec(email)?.[0] ?? 1) % (100_000 / badRows) === 77,
  });
  const counts = (): object => {
    const { requests, repeated } = hub.counters;
    return { requests, repeated, people: hub.people.size };
  };
  return { url: hub.url, counts };
}

/** Accepts everything and keeps nothing. */
async function startForgetfulHub(): Promise<BenchHub> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    request.resume();
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, counts: () => ({ requests, repeated: 0, people: 0 }) };
}

const hub = await (kind === 'forgetful' ? startForgetfulHub() : startHub());
process.send?.({ url: hub.url });
process.on('message', () => void process.send?.(hub.counts()));
process.on('disconnect', () => process.exit());
