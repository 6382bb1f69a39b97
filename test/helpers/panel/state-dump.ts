import type { TestPanel } from './panel.ts';

/**
 * All that the state holds, as one text: every row of every table of its schema. The warehouse's own table is left out;
 * it stands there too, because the tests' role is named like the schema.
 */
export async function dumpState(panel: TestPanel): Promise<string> {
  const tables = await panel.sql<{ name: string }>(
    `select format('panelsync.%I', tablename) as name from pg_tables 
     where schemaname = 'panelsync' and tablename <> 'people' order by tablename`,
  );
  const rows = tables.map(({ name }) => `select '${name}' || ' ' || row_to_json(t)::text as line from ${name} t`);
  const lines = await panel.sql<{ line: string }>(rows.join(' union all '));
  return lines.map(({ line }) => line).join('\n');
}
