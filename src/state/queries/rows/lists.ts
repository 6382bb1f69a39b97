import { skipReasons } from '../../../core/model/terms.ts';
import type { RowListName } from '../../../core/ports/row-lists.ts';

/** A list as SQL. */
export interface RowList {
  /**
   * Its rows, of the run or the sync `$1`: `key`, `email`, `code`, `field`, `reason` and `message`, and what `item` and
   * `sorts` name. Nothing is sorted or counted here, so that conditions reach the tables.
   */
  readonly from: string;
  /** A row as JSON. */
  readonly item: string;
  readonly sorts: Readonly<Record<string, { readonly column: string; readonly type: string }>>;
  /** How many rows the run counts, as an expression over `runs`; `null`: as many as are listed. */
  readonly total: string | null;
  /** Why rows may be missing. */
  readonly unlisted: string | null;
}

export function rowList(name: RowListName): RowList {
  if ('sync' in name) {
    return name.list === 'renames'
      ? { ...renames, from: renamesWhere('s.name = $1'), total: null }
      : { ...rejections, from: openRejections };
  }
  switch (name.list) {
    case 'rejections':
      return rejections;
    case 'skips':
      return skips;
    case 'duplicates':
      return duplicates;
    case 'renames':
      return renames;
    case 'removed':
      return removed;
    case 'deferred':
      return deferred;
  }
}

const byKey = { column: 'key', type: 'text' };
const byReason = { column: 'code', type: 'text' };

/** ISO 8601 in UTC, as all other times of the API. */
const isoTime = (column: string): string => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const emailOfKey = 'case when r.key_column is null then s.key end as email';

/** Spans of runs that last from one until, and without, another. */
const coversRun = 's.from_run_id <= r.id and (s.until_run_id is null or s.until_run_id > r.id)';

/** Plans, and runs that ended before they had a plan, say nothing of single rows. */
const isPlannedRun = "r.id = $1::bigint and r.planned_at is not null and r.trigger <> 'plan'";

/** Known before the rows are read, so that they come in the order of the index and the first page reads no other. */
const syncOfRun = '(select sync_id from runs where id = $1::bigint)';

const openColumns = `o.key, o.email, o.code, o.field, o.reason, o.message, o.refused_by, o.errors, o.run_id,
  o.first_seen_at, o.last_seen_at, o.attempts, o.retry, true as open`;

const openRejections = `
  select ${openColumns} from rejections o where o.sync_id = (select id from syncs where name = $1)`;

/**
 * Rows that stood rejected after a run. A rejection is a span of runs: an open one reaches to the last run that met the
 * row, a closed one to the run that closed it.
 */
const rejections: RowList = {
  from: `
    select ${openColumns} from runs r join rejections o on o.sync_id = ${syncOfRun}
      and o.from_run_id <= r.id and o.seen_run_id >= r.id where r.id = $1::bigint
    union all
    select s.key, ${emailOfKey}, s.errors->0->>'code', s.errors->0->>'field', s.reason, s.errors->0->>'message',
      s.refused_by, s.errors, s.from_run_id, coalesce(f.started_at, r.started_at), r.started_at, null, false, false
    from runs r join past_rejections s on s.sync_id = ${syncOfRun} and ${coversRun}
      left join runs f on f.id = s.from_run_id where r.id = $1::bigint`,
  item: `json_build_object('key', key, 'email', email, 'by', refused_by, 'code', code, 'message', message, 'field', field,
    'faults', errors, 'runId', run_id::text, 'firstSeenAt', ${isoTime('first_seen_at')},
    'lastSeenAt', ${isoTime('last_seen_at')}, 'attempts', attempts, 'retry', retry, 'open', open)`,
  sorts: {
    key: byKey,
    reason: byReason,
    field: { column: "coalesce(field, '')", type: 'text' },
    firstSeen: { column: 'first_seen_at', type: 'timestamptz' },
    lastSeen: { column: 'last_seen_at', type: 'timestamptz' },
    attempts: { column: 'coalesce(attempts, 0)', type: 'integer' },
  },
  total: null,
  unlisted: null,
};

/** In SQL: the last rename of somebody who left the model with a run, as far as it came with that run or later. */
export const renameOf = ({ sync, key, run }: Readonly<Record<'sync' | 'key' | 'run', string>>): string =>
  `(select x.key, x.run_id from renames x
    where x.sync_id = ${sync} and x.old_key = ${key} and x.run_id >= ${run} order by x.run_id desc limit 1)`;

const skipsWhere = (condition: string): string => `
  select s.key, ${emailOfKey}, s.reason as code, null::text as field, null::text as reason, null::text as message, s.rows
  from runs r join skips s on s.sync_id = ${syncOfRun} and ${coversRun} where ${isPlannedRun} and ${condition}`;

const skipItem = "json_build_object('key', key, 'email', email, 'reason', code, 'rows', rows)";
const skipsExpire = 'Rows that retention.skips has removed.';

const skips: RowList = {
  from: skipsWhere("s.reason <> 'duplicate'"),
  item: skipItem,
  sorts: { key: byKey, reason: byReason },
  total: `case when trigger <> 'plan' then ${skipReasons.join(' + ')} else 0 end`,
  unlisted: skipsExpire,
};

const duplicates: RowList = {
  from: skipsWhere("s.reason = 'duplicate'"),
  item: skipItem,
  sorts: { key: byKey, rows: { column: 'rows', type: 'bigint' } },
  total: null,
  unlisted: null,
};

/** Only rows that are keyed by e-mail have identities. */
const renamesWhere = (condition: string): string => `
  select n.key, n.key as email, case when f.key is null then 'deleted' when a.key is null then 'back'
      when m.marked_hash is not null then 'marked' else 'kept' end as code,
    null::text as field, null::text as reason, n.old_key as message, n.run_id, n.at
  from syncs s join renames n on n.sync_id = s.id
    left join snapshot f on f.sync_id = s.id and f.key = n.old_key
    left join absences a on a.sync_id = s.id and a.key = n.old_key and a.until_run_id is null
    left join marks m on m.sync_id = s.id and m.key = n.old_key
  where ${condition}`;

const renames: RowList = {
  from: renamesWhere(`s.id = ${syncOfRun} and n.run_id = $1::bigint`),
  item: `json_build_object('key', key, 'email', email, 'previousEmail', message, 'reason', code, 'runId', run_id::text,
    'at', ${isoTime('at')})`,
  sorts: { key: byKey, reason: byReason, at: { column: 'at', type: 'timestamptz' } },
  total: "case when trigger <> 'plan' then renamed else 0 end",
  unlisted: 'People who were forgotten, or who were inserted again since.',
};

const removed: RowList = {
  from: `
    select s.key, ${emailOfKey}, case when n.key is not null then 'renamed' when s.from_run_id = r.id then 'left'
        else 'left_before' end as code,
      null::text as field, null::text as reason, null::text as message, s.from_run_id, f.started_at as since,
      n.key as renamed_to
    from runs r join absences s on s.sync_id = ${syncOfRun} and ${coversRun} left join runs f on f.id = s.from_run_id
      left join lateral ${renameOf({ sync: 's.sync_id', key: 's.key', run: 's.from_run_id' })} n on n.run_id <= r.id
    where ${isPlannedRun}`,
  item: `json_build_object('key', key, 'email', email, 'reason', code, 'renamedTo', renamed_to,
    'fromRunId', from_run_id::text, 'since', ${isoTime('since')})`,
  sorts: { key: byKey, since: { column: 'from_run_id', type: 'bigint' } },
  total: "case when trigger <> 'plan' then removed else 0 end",
  unlisted: 'People who were forgotten, or whose records retention has removed.',
};

/**
 * Rows of a run whose last batch was not accepted, without those that were refused for themselves. A batch that was tried
 * again has children, so only batches that were not accepted and children can hold such a row.
 */
const deferred: RowList = {
  from: `
    select o.key, case when r.key_column is null then o.key end as email, t.state as code, null::text as field,
      null::text as reason, t.message, o.operation, t.number
    from runs r
      cross join lateral (
        select distinct on (seq) seq, number, state, message
        from batches b cross join unnest(b.seqs) as seq
        where b.run_id = r.id and (b.state <> 'accepted' or b.parent is not null) order by seq, number desc
      ) t
      join outbox o on o.run_id = r.id and o.seq = t.seq
    where r.id = $1::bigint and r.unsent > 0 and t.state <> 'accepted' and o.operation in ('insert', 'update')
      and not exists (
        select from rejections x where x.sync_id = r.sync_id and x.key = o.key
          and x.refused_by = 'destination' and x.from_run_id <= r.id and x.run_id >= r.id)
      and not exists (
        select from past_rejections s where s.sync_id = r.sync_id and s.key = o.key
          and s.refused_by = 'destination' and ${coversRun})`,
  item: `json_build_object('key', key, 'email', email, 'operation', operation, 'reason', code, 'message', message,
    'batch', number)`,
  sorts: { key: byKey, reason: byReason, operation: { column: 'operation', type: 'text' } },
  total: "case when trigger <> 'plan' then unsent else 0 end",
  unlisted: 'Rows that were never part of a batch. They are not recorded one by one: the next run plans them anew.',
};
