import type { AbsentPeople, AbsentPeopleQuery, AbsentPerson } from '../../../core/ports/row-lists.ts';
import type { ReasonCount } from '../../../core/model/terms.ts';
import type { Database } from '../../db/database.ts';
import { placeholderRowHash } from '../../tables/baselines.ts';
import { renameOf } from './lists.ts';

interface AbsentRow extends Omit<AbsentPerson, 'since' | 'runId' | 'markedAt' | 'refusal'> {
  readonly run_id: number | null;
  readonly since: Date | null;
  readonly marked_at: Date | null;
  readonly refusal: AbsentPerson['refusal'];
  readonly total: number;
}

/** People who are in the snapshot and not in the model, and people who are back and still marked. */
const absentPeople = `
  select p.key, p.run_id, f.started_at as since,
    case when p.run_id is null then 'back' when w.key is not null then 'suppressed'
      when n.origin = 'baseline' and n.row_hash = '${placeholderRowHash}' then 'imported'
      when e.key is not null then 'renamed' else 'left' end as reason,
    e.key as "renamedTo",
    m.marked_hash is not null as marked, k.started_at as marked_at,
    case when m.refused_hash is not null then json_build_object('code', m.code, 'message', m.message, 'field', m.field,
      'runId', m.refused_run_id::text, 'attempts', m.attempts) end as refusal
  from syncs s
    cross join lateral (
      select a.key, a.from_run_id as run_id from absences a where a.sync_id = s.id and a.until_run_id is null
      union all
      select b.key, null from marks b
      where b.sync_id = s.id and b.marked_hash is not null and not exists (
        select from absences a where a.sync_id = s.id and a.key = b.key and a.until_run_id is null
      )
    ) p
    left join snapshot n on n.sync_id = s.id and n.key = p.key
    left join marks m on m.sync_id = s.id and m.key = p.key
    left join suppressions w on w.sync_id = s.id and w.key = p.key
    left join lateral ${renameOf({ sync: 's.id', key: 'p.key', run: 'p.run_id' })} e on true
    left join runs f on f.id = p.run_id
    left join runs k on k.id = m.marked_run_id
  where s.name = $1`;

/** By key; `total` counts them whatever the limit. */
export async function listAbsent(
  database: Database,
  sync: string,
  { limit, reason }: AbsentPeopleQuery,
): Promise<AbsentPeople> {
  const rows = await database.query<AbsentRow>({
    text: `select r.*, count(*) over () as total from (${absentPeople}) r
           where $3::text is null or r.reason = $3 order by r.key limit $2`,
    values: [sync, limit, reason],
  });
  const people = rows.map(({ run_id: runId, since, marked_at: markedAt, total: _total, ...row }) => ({
    ...row,
    since: since?.toISOString() ?? null,
    runId: runId === null ? null : String(runId),
    markedAt: markedAt?.toISOString() ?? null,
  }));
  return { people, total: rows[0]?.total ?? 0, reasons: await countAbsent(database, sync) };
}

async function countAbsent(database: Database, sync: string): Promise<readonly ReasonCount[]> {
  return database.query<ReasonCount>({
    text: `select reason, null as field, null as message, count(*) as count from (${absentPeople}) r
           group by reason order by count(*) desc, reason`,
    values: [sync],
  });
}
