import { createDatabase, stopTestCluster } from '../test/helpers/postgres/postgres.ts';
import { startSnowflakeServer } from '../test/helpers/snowflake/server.ts';
import { snowflakeCredentials } from '../test/helpers/snowflake/settings.ts';
import { measureProcess } from './measure-process.ts';
import type { Measurement } from './measure-process.ts';

/**
 * What reading from Snowflake costs beside the driver's own stream over the same rows, and what is left of it with
 * `diff: warehouse`: `npm run bench:snowflake`, for a million rows `npm run bench:snowflake -- 1000000`.
 */

const rows = Number(process.argv[2] ?? 300_000);
const rounds = 3;
const modes = ['driver', 'source', 'sums', 'changed'] as const;
const columns = Array.from({ length: 14 }, (_, at) => `'value ${at} of ' || n as c${at}`)
  .join(', ')
  .replace("'value 0 of ' || n", "'person' || n || '@example.test'");
const sql = `select ${columns} from generate_series(1, ${rows}) n`;

function minimum(runs: readonly Measurement[], metric: (run: Measurement) => number): number {
  return Math.min(...runs.map(metric));
}

const database = await createDatabase();
const server = await startSnowflakeServer({ ...snowflakeCredentials, url: database.url, chunkRows: 20_000 });
try {
  const runs: Record<(typeof modes)[number], Measurement[]> = { driver: [], source: [], sums: [], changed: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const mode of modes) {
      const run = await measureProcess('snowflake-rows.js', [mode, server.url, sql, String(rows)]);
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
    const [sums, changed] = [minimum(runs.sums, metric), minimum(runs.changed, metric)];
    const ratio = `${(source / driver).toFixed(2)} times, ${(source - driver).toFixed(0)} ${unit} more`;
    process.stdout.write(
      `${label}: driver ${driver.toFixed(0)} ${unit}, panelsync ${source.toFixed(0)} ${unit}: ${ratio}\n`,
    );
    process.stdout.write(
      `  diff: warehouse, nothing changed ${sums.toFixed(0)} ${unit}, 0.1 % changed ${changed.toFixed(0)} ${unit}\n`,
    );
  }
} finally {
  await server.close();
  await database.drop();
  await stopTestCluster();
}
