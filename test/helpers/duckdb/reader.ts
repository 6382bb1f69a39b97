/** Reads a model that does not end; prints the process that runs it. */

import { createDuckDbSource } from '../../../src/source/duckdb/duckdb.ts';
import { waitUntil } from '../wait-until.ts';
import { engineProcesses } from './duckdb.ts';

const [directory = '', sql = ''] = process.argv.slice(2);
const source = createDuckDbSource({
  name: 'files',
  type: 'duckdb',
  directory,
  database: null,
  memoryLimit: '512MB',
  threads: 2,
  statementTimeoutMs: 600_000,
  connectTimeoutMs: 1000,
});
const reader = await source.open(
  { sql, location: 'models/test.sql' },
  'panelsync:reader:1',
  new AbortController().signal,
);
const rows = reader.rows([0])[Symbol.asyncIterator]();
void rows.next();
await waitUntil(async () => (await engineProcesses('panelsync:reader:1')).length > 0);
process.stdout.write(`${(await engineProcesses('panelsync:reader:1'))[0]}\n`);
