import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startSimulator } from '../src/simulator/simulator.ts';
import { startEmbedded } from '../src/embedded/embedded.ts';

/**
 * Does the memory of a daemon stay where it is? Thousands of runs of two small syncs, each with something to send,
 * started over HTTP as fast as they end; memory is measured after a collection. `npm run soak -- 10` takes ten minutes; without a number it takes two.
 */

const cli = fileURLToPath(new URL('../src/cli.js', import.meta.url));
const memoryReporter = new URL('note-memory.js', import.meta.url).href;
const minutes = Number(process.argv[2] ?? '2');
const rows = 12;
const syncs = ['left', 'right'] as const;
const pauseMs = 2;

interface Memory {
  readonly heapUsed: number;
  readonly rss: number;
}

function configuration(postgres: string, hub: string): string {
  const syncYaml = (name: string): string => `
  ${name}:
    source: warehouse
    sql: select '${name}' || i || '@example.com' as email, clock_timestamp()::text as title from generate_series(1, 20) as i
    mapping: { email: email, title: title }
    schedule: '@hourly'`;
  return `state: { url: "${postgres}" }
destination: { apiKey: simulator-key, baseUrl: "${hub}", requestsPerMinute: 1000000 }
sources: { warehouse: { type: postgres, url: "${postgres}" } }
server: { port: 0 }
syncs:${syncs.map(syncYaml).join('')}
`;
}

/** The daemon tells its address in its log. */
function waitForAddress(daemon: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let log = '';
    daemon.stderr?.setEncoding('utf8').on('data', (text: string) => {
      // Whatever comes after the address is read on and dropped.
      if (log.length < 10_000) log += text;
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(log) ?? [];
      if (url !== undefined) resolve(url);
    });
    daemon.once('exit', () => reject(new Error(`the daemon did not start: ${log}`)));
  });
}

/** Starts runs of one sync until the time is over; `onRun` is told of each. */
async function runContinuously(url: string, sync: string, { untilMs, onRun }: { untilMs: number; onRun: () => void }) {
  while (performance.now() < untilMs) {
    const answer = await fetch(`${url}/api/syncs/${sync}/runs`, { method: 'POST' });
    const body = await answer.text();
    if (answer.status === 202) onRun();
    else if (answer.status !== 409) throw new Error(`a run was answered with ${answer.status}: ${body}`);
    await sleep(pauseMs);
  }
}

async function readMemory(daemon: ChildProcess): Promise<{ readonly heapMb: number; readonly rssMb: number }> {
  daemon.send('memory');
  const [{ heapUsed, rss }] = (await once(daemon, 'message')) as [Memory];
  return { heapMb: heapUsed / 2 ** 20, rssMb: rss / 2 ** 20 };
}

async function soak(daemon: ChildProcess, url: string): Promise<void> {
  const startMs = performance.now();
  const durationMs = minutes * 60_000;
  let runs = 0;
  const onRun = (): void => void (runs += 1);
  const running = Promise.all(
    syncs.map((sync) => runContinuously(url, sync, { untilMs: startMs + durationMs, onRun })),
  );
  process.stdout.write('    runs  heap MB to first   RSS MB to first\n');
  let first: Awaited<ReturnType<typeof readMemory>> | null = null;
  for (let row = 1; row <= rows; row += 1) {
    // Whatever goes wrong with the runs ends the soak, too.
    await Promise.race([running, sleep(startMs + (row / rows) * durationMs - performance.now())]);
    const now = await readMemory(daemon);
    // Until the first look code was compiled and pools filled.
    first ??= now;
    const ratios = [formatRatio(now.heapMb / first.heapMb), formatRatio(now.rssMb / first.rssMb)] as const;
    const cells = [String(runs), now.heapMb.toFixed(1), ratios[0], now.rssMb.toFixed(0), ratios[1]];
    process.stdout.write(`${cells.map((cell) => cell.padStart(8)).join(' ')}\n`);
  }
  await running;
}

function formatRatio(ratio: number): string {
  return `${ratio.toFixed(2)} ×`;
}

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'panelsync-soak-'));
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const postgres = await startEmbedded({ directory, log, durability: 'throwaway' });
  const hub = await startSimulator({});
  const config = join(directory, 'soak.yaml');
  await writeFile(config, configuration(postgres.url, hub.url));
  const daemon = fork(cli, ['start', '--config', config, '--log-level', 'info'], {
    execArgv: ['--expose-gc', '--import', memoryReporter],
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  const ended = once(daemon, 'close');
  try {
    const url = await waitForAddress(daemon);
    await soak(daemon, url);
  } finally {
    daemon.kill('SIGTERM');
    await ended;
    await hub.close();
    await postgres.close();
    await rm(directory, { recursive: true, force: true });
  }
}

await main();
