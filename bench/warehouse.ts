import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '../src/embedded/embedded.ts';
import type { Measurement } from './measure-process.ts';
import { Panel } from './panel.ts';

/**
 * What `diff: warehouse` spares panelsync over Postgres, beside `diff: rows` over the same rows in the same minutes:
 * `npm run bench:warehouse`, or with another number of rows than five million `npm run bench:warehouse -- 1000000`.
 * CPU is that of panelsync's process without its start, which reading an empty model shows.
 */

const rows = Number(process.argv[2] ?? 5_000_000);
const rounds = 3;

function report(what: string, measured: string): void {
  process.stdout.write(`${what.padEnd(76)}${measured.padStart(12)}\n`);
}

function formatShare(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(2)} %`;
}

/** The least of several rounds: what else the machine does only adds to CPU time. */
function least(runs: readonly Measurement[], metric: (run: Measurement) => number): number {
  return Math.min(...runs.map(metric));
}

const cpu = (run: Measurement): number => run.cpuMs;
const bytes = (run: Measurement): number => run.bytesFromSource;

async function measure(panel: Panel): Promise<{ readonly warehouse: Measurement[]; readonly rows: Measurement[] }> {
  const runs: { readonly warehouse: Measurement[]; readonly rows: Measurement[] } = { warehouse: [], rows: [] };
  for (let round = 0; round < rounds; round += 1)
    for (const sync of ['warehouse', 'rows'] as const) runs[sync].push(await panel.run(sync, 'no change'));
  return runs;
}

async function benchModel(panel: Panel, count: number, idleMs: number): Promise<void> {
  const label = `${count.toLocaleString('en')} rows`;
  await panel.fill(count);
  await panel.load('warehouse', 'rows');
  const quiet = await measure(panel);
  report(
    `${label}, nothing changed: bytes from the warehouse, to diff: rows`,
    formatShare(least(quiet.warehouse, bytes), least(quiet.rows, bytes)),
  );
  const [cpuOfWarehouse, cpuOfRows] = [least(quiet.warehouse, cpu) - idleMs, least(quiet.rows, cpu) - idleMs];
  report('  CPU, to diff: rows', formatShare(cpuOfWarehouse, cpuOfRows));
  report('  CPU', `${cpuOfWarehouse.toFixed(0)} ms`);
  report('  peak memory', `${least(quiet.warehouse, ({ peakMb }) => peakMb).toFixed(0)} MB`);
  report(
    '  time, to diff: rows',
    formatShare(
      least(quiet.warehouse, ({ workMs }) => workMs),
      least(quiet.rows, ({ workMs }) => workMs),
    ),
  );
  await panel.change(count / 1000, 1);
  const [changed, ofRows] = [await panel.run('warehouse', 'changed'), await panel.run('rows', 'changed')];
  report(
    `${label}, 0.1 % changed: bytes from the warehouse, to diff: rows`,
    formatShare(changed.bytesFromSource, ofRows.bytesFromSource),
  );
  report('  CPU, to diff: rows', formatShare(changed.cpuMs - idleMs, ofRows.cpuMs - idleMs));
}

const directory = await mkdtemp(join(tmpdir(), 'panelsync-bench-'));
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const postgres = await startEmbedded({ directory, log, durability: 'durable' });
const panel = await Panel.open(postgres.url, directory);
try {
  await panel.fill(1);
  await panel.load('warehouse');
  const idleMs = least([await panel.run('warehouse', 'idle'), await panel.run('warehouse', 'idle')], cpu);
  for (const count of [rows / 5, rows]) await benchModel(panel, count, idleMs);
} finally {
  await panel.close();
  await postgres.close();
  await rm(directory, { recursive: true, force: true });
}
