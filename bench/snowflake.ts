import { createDatabase, stopTestCluster } from '../test/helpers/postgres/postgres.ts';
import { startSnowflakeServer } from '../test/helpers/snowflake/server.ts';
import { snowflakeCredentials } from '../test/helpers/snowflake/settings.ts';
import { measureProcess } from './measure-process.ts';
import type { Measurement } from './measure-process.ts';

/** What reading from Snowflake costs beside the driver's own stream over the same rows: `npm run bench:snowflake`. */

const rows = Number(process.argv[2] ?? 300_000);
const rounds = 3;
const columns = Array.from({ length: 14 }, (_, at) => `'value ${at} of ' || n as c${at}`).join(', ');
const sql = `select ${columns} from generate_series(1, ${rows}) n`;

function minimum(runs: readonly Measurement[], metric: (run: Measurement) => number): number {
  return Math.min(...runs.map(metric));
}

const database = await createDatabase();
const server = await startSnowflakeServer({ ...snowflakeCredentials, url: database.url, chunkRows: 20_000 });
try {
  const runs: { readonly driver: Measurement[]; readonly source: Measurement[] } = { driver: [], source: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const mode of ['driver', 'source'] as const) {
      const run = await measureProcess('snowflake-rows.js', [mode, server.url, sql]);
      if (run.stdout.trim() !== String(rows)) throw new Error(`${mode} read ${run.stdout.trim()} rows`);
      runs[mode].push(run);
    }
  }
  for (const [label, metric, unit] of [
    ['work', (run: Measurement) => run.workMs, 'ms'],
    ['cpu of the whole process', (run: Measurement) => run.cpuMs, 'ms'],
    ['peak memory', (run: Measurement) => run.peakMb, 'MB'],
  ] as const) {
    const [driver, source] = [minimum(runs.driver, metric), minimum(runs.source, metric)];
    const ratio = `${(source / driver).toFixed(2)} times, ${(source - driver).toFixed(0)} ${unit} more`;
    process.stdout.write(
      `${label}: driver ${driver.toFixed(0)} ${unit}, panelsync ${source.toFixed(0)} ${unit}: ${ratio}\n`,
    );
  }
} finally {
  await server.close();
  await database.drop();
  await stopTestCluster();
}
