import { pipeline } from 'node:stream/promises';
import { Client } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { columns, model } from './model.ts';

/** The floor: COPY out piped into COPY in, nothing looked at. */
const [, , url] = process.argv;
const source = new Client(url);
const target = new Client(url);
await Promise.all([source.connect(), target.connect()]);
await target.query(`create temp table floor (${columns.map((column) => `${column} text`).join(', ')})`);
performance.mark('start');
await pipeline(source.query(copyTo(`copy (${model}) to stdout`)), target.query(copyFrom('copy floor from stdin')));
performance.measure('work', 'start');
await Promise.all([source.end(), target.end()]);
