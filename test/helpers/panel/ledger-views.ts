import { expect } from 'chai';
import type { RunReport } from '../../../src/core/model/terms.ts';
import type { Database } from '../../../src/state/db/database.ts';

/** Changes by what became of them, and skips by reason, as the views have them row by row. */
const countsByRow = `
  select to_jsonb(r) as run, (
    select coalesce(jsonb_object_agg(name, n), '{}') from (
      select operation || ' ' || outcome as name, count(*) as n from panelsync.v_changes where run_id = r.run_id group by 1
    ) changes
  ) as changes, (
    select coalesce(jsonb_object_agg(reason, n), '{}') from (
      select reason, count(*) as n from panelsync.v_skips
      where sync = r.sync and from_run_id <= r.run_id and (until_run_id is null or until_run_id > r.run_id)
        and reason not in ('duplicate', 'forgotten')
      group by reason
    ) skips
  ) as skips, (select count(*) from panelsync.v_renames where run_id = r.run_id) as renames
  from panelsync.v_runs r where r.run_id = $1`;

interface RunInViews {
  readonly run: Readonly<Record<string, unknown>>;
  readonly changes: Readonly<Record<string, number>>;
  readonly skips: Readonly<Record<string, number>>;
  readonly renames: number;
}

/** Dashboards see what the report of the run says, in its counts and row by row. */
export async function expectSameInViews(database: Database, report: RunReport): Promise<void> {
  const { runId, sync, status, rows, skips, requests, work, removals, error } = report;
  const [found] = await database.query<RunInViews>({ text: countsByRow, values: [runId] });
  if (found === undefined) throw new Error(`run ${runId} is in no view`);
  const { run, changes } = found;
  expect(run).to.deep.include({ sync, status, ...rows, ...skips, error_code: error?.code ?? null });
  expect(run).to.deep.include({ requests_sent: requests.sent, requests_split: requests.split });
  expect(run).to.deep.include({ rows_read: work.rowsRead, bytes_to_state: work.bytesToState });
  expect(run).to.deep.include({ marked: removals.marked, restored: removals.restored });
  const count = (...names: readonly string[]): number => names.reduce((sum, name) => sum + (changes[name] ?? 0), 0);
  const byRow = {
    inserted: count('insert accepted'),
    updated: count('update accepted'),
    rejected: count('insert rejected', 'update rejected'),
    marked: count('mark accepted'),
    restored: count('restore accepted'),
    removalsRejected: count('mark rejected', 'restore rejected'),
  };
  const { inserted, updated, rejected } = rows;
  const { marked, restored, rejected: removalsRejected } = removals;
  expect(byRow, 'v_changes').to.deep.equal({ inserted, updated, rejected, marked, restored, removalsRejected });
  expect([found.run['renamed'], found.renames], 'v_renames').to.deep.equal([report.renamed, report.renamed]);
  // A run that ends before its plan neither begins nor ends a skip.
  if (status !== 'succeeded' && status !== 'partial') return;
  const listed = Object.entries(skips).filter(([reason, n]) => n > 0 && reason !== 'forgotten');
  expect(found.skips, 'v_skips').to.deep.equal(Object.fromEntries(listed));
}
