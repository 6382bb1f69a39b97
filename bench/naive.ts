import { Client } from 'pg';
import { columns, model } from './model.ts';

/**
 * The naive way, so that users see what they are spared: all rows and the snapshot in memory, compared as JSON;
 * sent by the hundred, remembered row by row.
 */
const [, , url, task, hub = ''] = process.argv;
const client = new Client(url);
await client.connect();
await client.query('create table if not exists public.naive_snapshot (email text primary key, payload jsonb not null)');
if (task === 'compare') {
  await client.query(
    `insert into public.naive_snapshot select lower(email), to_jsonb(people) - 'id' from public.people on conflict (email) do nothing`,
  );
} else await client.query('truncate public.naive_snapshot');
performance.mark('start');
type Row = Readonly<Record<string, string>>;
const { rows: stored } = await client.query<{ email: string; payload: Row }>('select * from public.naive_snapshot');
const snapshot = new Map(stored.map(({ email, payload }) => [email, payload]));
const { rows } = await client.query<Row>(model);
const rowText = (row: Row): string => JSON.stringify(columns.map((column) => row[column]));
const changed = rows.filter((row) => {
  const previous = snapshot.get((row['email'] ?? '').toLowerCase());
  return previous === undefined || rowText(previous) !== rowText(row);
});
for (let at = 0; at < changed.length; at += 100) {
  const batch = changed.slice(at, at + 100);
  const response = await fetch(`${hub}/participants/batches`, {
    method: 'PATCH',
    headers: {
      'user-interviews-apikey': 'simulator-key',
      accept: 'application/vnd.user-interviews.v2+json',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ participants: batch }),
  });
  await response.text();
  for (const row of batch) {
    await client.query(
      'insert into public.naive_snapshot values ($1, $2) on conflict (email) do update set payload = excluded.payload',
      [(row['email'] ?? '').toLowerCase(), row],
    );
  }
}
performance.measure('work', 'start');
await client.query('drop table public.naive_snapshot');
await client.end();
