import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmbedded } from '../src/embedded/embedded.ts';
import { measureProcess } from './measure-process.ts';
import type { Measurement } from './measure-process.ts';
import { Panel } from './panel.ts';

/**
 * Speed, as ratios within one run: absolute times differ from machine to machine and from minute to minute.
 * `npm run bench` takes about ten minutes; `npm run bench -- --quick` leaves out five million rows.
 */

const results = fileURLToPath(new URL('../../bench/results.json', import.meta.url));
const million = 1_000_000;
const rounds = 3;

interface BenchResult {
  readonly what: string;
  readonly measured: string;
  readonly bound: string;
  readonly holds: boolean | null;
}

const lines: BenchResult[] = [];

function report(what: string, value: string, bound = '', holds: boolean | null = null): void {
  lines.push({ what, measured: value, bound, holds });
  process.stdout.write(`${what.padEnd(66)}${value.padStart(22)}  ${bound}${holds === false ? '  MISSED' : ''}\n`);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Several rounds of two or more programs in turn, so that a machine that slows down slows all of them down. */
async function interleave(programs: readonly (() => Promise<Measurement>)[]): Promise<readonly Measurement[]> {
  const runs: Measurement[][] = programs.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, program] of programs.entries()) runs[at]?.push(await program());
  }
  return runs.map((all) => ({
    workMs: median(all.map(({ workMs }) => workMs)),
    wallMs: median(all.map(({ wallMs }) => wallMs)),
    cpuMs: median(all.map(({ cpuMs }) => cpuMs)),
    peakMb: Math.max(...all.map(({ peakMb }) => peakMb)),
  }));
}

const notMeasured: Measurement = { workMs: Number.NaN, wallMs: Number.NaN, cpuMs: Number.NaN, peakMb: Number.NaN };

async function benchNoChange(panel: Panel): Promise<void> {
  await panel.fill(million);
  await panel.load();
  const [run = notMeasured, floor = notMeasured, rows = notMeasured, naive = notMeasured] = await interleave([
    () => panel.run('no-change'),
    () => measureProcess('floor.js', [panel.url]),
    () => measureProcess('row-objects.js', [panel.url]),
    () => measureProcess('naive.js', [panel.url, 'compare']),
  ]);
  const ratio = run.workMs / floor.workMs;
  report('1 M rows, nothing changed: time, to COPY out piped into COPY in', formatRatio(ratio), '≤ 2.0', ratio <= 2);
  report('  whole process with its start, to the same', formatRatio(run.wallMs / floor.wallMs));
  const cpu = run.cpuMs / rows.cpuMs;
  report('  CPU of the process, to row objects staged', formatRatio(cpu), '≤ 0.33', cpu <= 1 / 3);
  report('  peak memory', `${run.peakMb.toFixed(0)} MB`, '< 160 MB', run.peakMb < 160);
  report('  the naive way (Map in memory): time, to panelsync', formatRatio(naive.workMs / run.workMs));
  report('  the naive way: peak memory', `${naive.peakMb.toFixed(0)} MB`);
}

async function benchDelta(panel: Panel): Promise<void> {
  let round = 0;
  const [changed = notMeasured, unchanged = notMeasured] = await interleave([
    async () => {
      await panel.change(million / 100, round);
      round += 1;
      return panel.run('delta');
    },
    () => panel.run('no-change'),
  ]);
  const ratio = changed.workMs / unchanged.workMs;
  report('1 M rows, 1 % changed: time, to nothing changed', formatRatio(ratio), '< 1.6', ratio < 1.6);
}

async function benchFirstLoad(panel: Panel): Promise<void> {
  const runs: Measurement[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await panel.fill(100_000);
    await panel.reset();
    runs.push(await panel.run('first load'));
  }
  const seconds = median(runs.map(({ workMs }) => workMs)) / 1000;
  report('first load of 100 k rows to a Hub that answers at once', `${seconds.toFixed(1)} s`, '< 5 s', seconds < 5);
  const { requests } = await panel.hubCounts();
  report('  requests', `${requests}`, '≤ 1,010', requests <= 1010);
  const naive = await measureProcess('naive.js', [panel.url, 'load', await panel.restartHub()]);
  report('  the naive way (row by row in the state): time, to panelsync', formatRatio(naive.workMs / 1000 / seconds));
}

async function benchBadRows(panel: Panel): Promise<void> {
  await panel.fill(100_000);
  await panel.reset();
  await panel.restartHubWithBadRows(10);
  await panel.run('10 bad rows', [3]);
  const { requests, people, repeated } = await panel.hubCounts();
  report('10 bad rows in 100 k, not named by the Hub: people that arrived', `${people}`, '= 99,990', people === 99_990);
  report('  people that arrived more than once', `${repeated}`, '= 0', repeated === 0);
  report('  requests beyond one a batch', `${requests - 1000}`, '≤ 150', requests - 1000 <= 150);
}

async function benchMemory(panel: Panel, rows: number): Promise<void> {
  await panel.fill(rows);
  await panel.load();
  const { peakMb } = await panel.run('memory');
  report(
    `peak memory, ${rows.toLocaleString('en')} rows, nothing changed`,
    `${peakMb.toFixed(0)} MB`,
    '< 160 MB',
    peakMb < 160,
  );
}

function formatRatio(ratio: number): string {
  return `${ratio.toFixed(2)} ×`;
}

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'panelsync-bench-'));
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const postgres = await startEmbedded({ directory, log, durability: 'durable' });
  const panel = await Panel.open(postgres.url, directory);
  const machine = { cores: cpus().length, memoryGb: Math.round(totalmem() / 2 ** 30), node: process.version };
  process.stdout.write(
    `${machine.cores} cores, ${machine.memoryGb} GB, Node ${machine.node}, ${rounds} rounds, medians\n\n`,
  );
  try {
    await benchNoChange(panel);
    await benchDelta(panel);
    await benchFirstLoad(panel);
    await benchBadRows(panel);
    await benchMemory(panel, 100_000);
    if (!process.argv.includes('--quick')) await benchMemory(panel, 5 * million);
  } finally {
    await panel.close();
    await postgres.close();
    await rm(directory, { recursive: true, force: true });
  }
  await writeFile(results, `${JSON.stringify({ machine, rounds, lines }, null, 2)}\n`);
  process.stdout.write(`\nwritten to bench/results.json (${(await readFile(results)).length} bytes)\n`);
}

await main();
