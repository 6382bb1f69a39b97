import { createDatabase, stopTestCluster } from '../test/helpers/postgres/postgres.ts';
import { startSnowflakeServer } from '../test/helpers/snowflake/server.ts';
import { snowflakeLogins } from '../test/helpers/snowflake/settings.ts';
import { measured } from './measure-process.ts';
import type { Measured } from './measure-process.ts';

/** What reading from Snowflake costs beside the driver's own stream over the same rows: `npm run bench:snowflake`. */

const rows = Number(process.argv[2] ?? 300_000);
const rounds = 3;
const columns = Array.from({ length: 14 }, (_, at) => `'value ${at} of ' || n as c${at}`).join(', ');
const sql = `select ${columns} from generate_series(1, ${rows}) n`;

function least(runs: readonly Measured[], of: (run: Measured) => number): number {
  return Math.min(...runs.map(of));
}

const database = await createDatabase();
const server = await startSnowflakeServer({ ...snowflakeLogins, url: database.url, chunkRows: 20_000 });
try {
  const runs: { readonly driver: Measured[]; readonly source: Measured[] } = { driver: [], source: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const way of ['driver', 'source'] as const) {
      const run = await measured('snowflake-rows.js', [way, server.url, sql]);
      if (run.stdout.trim() !== String(rows)) throw new Error(`${way} read ${run.stdout.trim()} rows`);
      runs[way].push(run);
    }
  }
  for (const [what, of, unit] of [
    ['work', (run: Measured) => run.workMs, 'ms'],
    ['cpu of the whole process', (run: Measured) => run.cpuMs, 'ms'],
    ['peak memory', (run: Measured) => run.peakMb, 'MB'],
  ] as const) {
    const [driver, source] = [least(runs.driver, of), least(runs.source, of)];
    const ratio = `${(source / driver).toFixed(2)} times, ${(source - driver).toFixed(0)} ${unit} more`;
    process.stdout.write(
      `${what}: driver ${driver.toFixed(0)} ${unit}, panelsync ${source.toFixed(0)} ${unit}: ${ratio}\n`,
    );
  }
} finally {
  await server.close();
  await database.drop();
  await stopTestCluster();
}
