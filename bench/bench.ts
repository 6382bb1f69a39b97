import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmbedded } from '../src/embedded/embedded.ts';
import { measureProcess } from './measure-process.ts';
import type { Measurement } from './measure-process.ts';
import { Panel } from './panel.ts';
import { hasPsql, measurePsqlFloor } from './psql-floor.ts';
import { startSystemPostgres, systemPostgresFolder } from '../test/helpers/postgres/system-postgres.ts';

/**
 * Speed, as ratios within one run: absolute times differ from machine to machine and from minute to minute.
 * `npm run bench` takes half an hour; `npm run bench -- --quick` leaves out five and ten million rows.
 */

const results = fileURLToPath(new URL('../../bench/results.json', import.meta.url));
const million = 1_000_000;
const rounds = 3;

/** A run with few changes is compared with one without any: so small a difference drowns in the noise of three rounds. */
const smallDeltaRounds = 9;

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
async function interleave(
  programs: readonly (() => Promise<Measurement>)[],
  times: number = rounds,
): Promise<readonly Measurement[]> {
  const runs: Measurement[][] = programs.map(() => []);
  for (let round = 0; round < times; round += 1) {
    for (const [at, program] of programs.entries()) runs[at]?.push(await program());
  }
  return runs.map((all) => ({
    workMs: median(all.map(({ workMs }) => workMs)),
    wallMs: median(all.map(({ wallMs }) => wallMs)),
    cpuMs: median(all.map(({ cpuMs }) => cpuMs)),
    peakMb: Math.max(...all.map(({ peakMb }) => peakMb)),
    bytesToState: median(all.map(({ bytesToState }) => bytesToState)),
    bytesFromSource: median(all.map(({ bytesFromSource }) => bytesFromSource)),
  }));
}

const notMeasured: Measurement = {
  workMs: Number.NaN,
  wallMs: Number.NaN,
  cpuMs: Number.NaN,
  peakMb: Number.NaN,
  bytesToState: Number.NaN,
  bytesFromSource: Number.NaN,
};

async function benchNoChange(panel: Panel): Promise<void> {
  await panel.fill(million);
  await panel.load('fingerprints', 'rows');
  const psqlMs: number[] = [];
  const [run = notMeasured, floor = notMeasured, rows = notMeasured, objects = notMeasured, naive = notMeasured] =
    await interleave([
      () => panel.run('fingerprints', 'no change'),
      () => measureProcess('floor.js', [panel.url]),
      () => panel.run('rows', 'no change'),
      () => measureProcess('row-objects.js', [panel.url]),
      () => measureProcess('naive.js', [panel.url, 'compare']),
      () => notePsqlFloor(panel, psqlMs),
    ]);
  const ratio = run.workMs / floor.workMs;
  report('1 M rows, nothing changed: time, to COPY out piped into COPY in', formatRatio(ratio), '≤ 1.2', ratio <= 1.2);
  report('  whole process with its start, to the same', formatRatio(run.wallMs / floor.wallMs));
  reportPsqlFloor(run, psqlMs);
  report('  with diff: rows: time, to COPY out piped into COPY in', formatRatio(rows.workMs / floor.workMs));
  const share = run.bytesToState / rows.bytesToState;
  report('  bytes to the state database, to diff: rows', formatPercent(share), '< 2 %', share < 0.02);
  report('  CPU of the process, to diff: rows', formatRatio(run.cpuMs / rows.cpuMs));
  const cpu = run.cpuMs / objects.cpuMs;
  report('  CPU of the process, to row objects staged', formatRatio(cpu), '≤ 0.33', cpu <= 1 / 3);
  report('  peak memory', `${run.peakMb.toFixed(0)} MB`, '< 160 MB', run.peakMb < 160);
  report('  the naive way (Map in memory): time, to panelsync', formatRatio(naive.workMs / run.workMs));
  report('  the naive way: peak memory', `${naive.peakMb.toFixed(0)} MB`);
}

async function notePsqlFloor(panel: Panel, psqlMs: number[]): Promise<Measurement> {
  if (hasPsql) psqlMs.push(await measurePsqlFloor(panel.url));
  return notMeasured;
}

function reportPsqlFloor(run: Measurement, psqlMs: readonly number[]): void {
  if (psqlMs.length === 0) {
    report('  SKIPPED: psql is not installed, so nothing is compared with its pipe', '');
    return;
  }
  const ratio = run.workMs / median(psqlMs);
  report('  time, to psql COPY out | psql COPY in', formatRatio(ratio), '≤ 1.2', ratio <= 1.2);
  report('  whole process with its start, to the same', formatRatio(run.wallMs / median(psqlMs)));
}

/** The same on the Postgres of the system, as its package sets it up. */
async function benchSystemPostgres(directory: string): Promise<void> {
  if (systemPostgresFolder === null || !hasPsql) {
    report('SKIPPED: no Postgres in /usr/lib/postgresql, or no psql', '');
    return;
  }
  const server = await startSystemPostgres();
  const panel = await Panel.open(server.url, directory);
  try {
    await panel.fill(million);
    await panel.load('fingerprints');
    const psqlMs: number[] = [];
    const [run = notMeasured] = await interleave([
      () => panel.run('fingerprints', 'no change'),
      () => notePsqlFloor(panel, psqlMs),
    ]);
    report(`1 M rows, nothing changed, on ${await panel.serverVersion()} with its default settings`, '');
    reportPsqlFloor(run, psqlMs);
  } finally {
    await panel.close();
    await server.stop();
  }
}

/** Changes rows, and lets both syncs run: the share of bytes, and the time to a run that found nothing. */
async function benchDelta(panel: Panel, share: number, what: string): Promise<void> {
  let round = 0;
  const isSmall = share < 0.01;
  const programs = [
    async () => {
      await panel.change(million * share, (round += 1));
      return panel.run('fingerprints', what);
    },
    () => panel.run('rows', what),
    () => panel.run('fingerprints', 'no change'),
  ];
  const [changed = notMeasured, rows = notMeasured, unchanged = notMeasured] = await interleave(
    programs,
    isSmall ? smallDeltaRounds : rounds,
  );
  const ratio = changed.workMs / unchanged.workMs;
  const toRows = changed.workMs / rows.workMs;
  report(
    `1 M rows, ${what} changed: time, to nothing changed`,
    formatRatio(ratio),
    isSmall ? '≤ 1.3' : '',
    isSmall ? ratio <= 1.3 : null,
  );
  report('  time, to diff: rows', formatRatio(toRows), '≤ 1.0', toRows <= 1);
  report('  bytes to the state database, to diff: rows', formatPercent(changed.bytesToState / rows.bytesToState));
}

async function benchFirstLoad(panel: Panel): Promise<void> {
  const runs: Measurement[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await panel.fill(100_000);
    await panel.reset();
    runs.push(await panel.run('fingerprints', 'first load'));
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
  await panel.restartHub('simulator', 10);
  await panel.run('fingerprints', '10 bad rows', [3]);
  const { requests, people, repeated } = await panel.hubCounts();
  report('10 bad rows in 100 k, not named by the Hub: people that arrived', `${people}`, '= 99,990', people === 99_990);
  report('  people that arrived more than once', `${repeated}`, '= 0', repeated === 0);
  report('  requests beyond one a batch', `${requests - 1000}`, '≤ 150', requests - 1000 <= 150);
}

async function benchMemory(panel: Panel, rows: number): Promise<void> {
  await panel.fill(rows);
  await panel.load('fingerprints');
  const { peakMb } = await panel.run('fingerprints', 'memory');
  report(
    `peak memory, ${rows.toLocaleString('en')} rows, nothing changed`,
    `${peakMb.toFixed(0)} MB`,
    '< 160 MB',
    peakMb < 160,
  );
}

function formatPercent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
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
    `${machine.cores} cores, ${machine.memoryGb} GB, Node ${machine.node}, ${rounds} rounds (0.1 %: ${smallDeltaRounds}), medians\n\n`,
  );
  try {
    await benchNoChange(panel);
    await benchDelta(panel, 0.001, '0.1 %');
    await benchDelta(panel, 0.01, '1 %');
    await benchFirstLoad(panel);
    await benchBadRows(panel);
    await benchMemory(panel, 100_000);
    await benchSystemPostgres(directory);
    const many = process.argv.includes('--quick') ? [] : [5 * million, 10 * million];
    for (const rows of many) await benchMemory(panel, rows);
  } finally {
    await panel.close();
    await postgres.close();
    await rm(directory, { recursive: true, force: true });
  }
  await writeFile(results, `${JSON.stringify({ machine, rounds, smallDeltaRounds, lines }, null, 2)}\n`);
  process.stdout.write(`\nwritten to bench/results.json (${(await readFile(results)).length} bytes)\n`);
}

await main();
