import { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import QueryStream from 'pg-query-stream';
import { escapeCopyField } from '../src/lib/copy-text.ts';
import { columns, model } from './model.ts';

/** What many tools do: an object a row, all its fields staged. */
const [, , url] = process.argv;
const source = new Client(url);
const target = new Client(url);
await Promise.all([source.connect(), target.connect()]);
await target.query(`create temp table staged (${columns.map((column) => `${column} text`).join(', ')})`);
performance.mark('start');
const lines = new Transform({
  writableObjectMode: true,
  transform: (row: Record<string, string | null>, _encoding, done) => {
    done(null, `${columns.map((column) => escapeCopyField(row[column] ?? null)).join('\t')}\n`);
  },
});
await pipeline(source.query(new QueryStream(model)), lines, target.query(copyFrom('copy staged from stdin')));
performance.measure('work', 'start');
await Promise.all([source.end(), target.end()]);
