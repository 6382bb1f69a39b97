import { presetEnvironment } from '../src/config/load.ts';
import { bucketBitsFor } from '../src/core/model/fingerprints.ts';
import type { Log } from '../src/core/ports/log.ts';
import { createSnowflakeSource } from '../src/source/snowflake/snowflake.ts';
import { execute, logIn } from '../src/source/snowflake/driver.ts';
import { snowflakeSettings } from '../test/helpers/snowflake/settings.ts';

/**
 * Reads a result of so many rows, as a process of its own: `source` as panelsync does, `driver` with the driver's own
 * stream over the same cast statement, doing nothing with its rows; `sums` and `changed` let Snowflake sum the rows by
 * bucket, and `changed` reads those of so many buckets too as if 0.1 % of the rows had changed.
 */
const [, , mode, url = '', sql = '', modelRows = ''] = process.argv;
const noop = (): void => undefined;
const log: Log = { debug: noop, info: noop, warn: noop, error: noop };
// The test server takes half a minute to sum a million rows, longer beside other work.
const settings = snowflakeSettings(
  { url },
  { login: { by: 'password', password: 'a-secret-password' }, statementTimeoutMs: 30 * 60_000 },
);
const deps = { log, presetEnvironment };
const { signal } = new AbortController();
let rows = 0;

if (mode === 'driver') {
  const session = await logIn(settings, 'bench', deps);
  const statement = await execute({ settings, connection: session.connection, signal, responseTimeoutMs: 60_000 }, sql);
  performance.mark('begin');
  for await (const _ of statement.streamRows()) rows += 1;
  performance.measure('work', 'begin');
  await session.close();
} else if (mode === 'sums' || mode === 'changed') {
  const reader = await createSnowflakeSource(settings, deps).open({ sql, location: 'bench' }, 'bench', signal);
  const keyed = { positions: [...reader.columns.keys()], isEmail: true, newest: null };
  const bits = bucketBitsFor(Number(modelRows));
  performance.mark('begin');
  for await (const chunk of reader.buckets?.sums(keyed, bits) ?? [])
    for (const line of chunk.toString('latin1').split('\n').slice(0, -1)) rows += Number(line.split('\t')[2]);
  const changed = Buffer.alloc(2 ** (bits - 3));
  const step = Math.max(1, Math.floor(2 ** bits / (Number(modelRows) / 1000)));
  for (let bucket = 0; bucket < 2 ** bits; bucket += step)
    changed[bucket >> 3] = (changed[bucket >> 3] ?? 0) | (1 << (bucket & 7));
  let came = 0;
  if (mode === 'changed')
    for await (const chunk of reader.buckets?.rows(keyed, { bits, changed }) ?? []) came += chunk.length;
  performance.measure('work', 'begin');
  if ((mode === 'changed') !== came > 0) throw new Error('no rows of changed buckets');
  await reader.close();
} else {
  const reader = await createSnowflakeSource(settings, deps).open({ sql, location: 'bench' }, 'bench', signal);
  const chunks = reader.rows([...reader.columns.keys()])[Symbol.asyncIterator]();
  // The server's own work is over when the first lines are there.
  let chunk = await chunks.next();
  performance.mark('begin');
  for (; chunk.done !== true; chunk = await chunks.next()) {
    for (let at = chunk.value.indexOf(10); at >= 0; at = chunk.value.indexOf(10, at + 1)) rows += 1;
  }
  performance.measure('work', 'begin');
  await reader.close();
}
process.stdout.write(`${rows}\n`);
