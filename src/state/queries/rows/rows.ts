/** Lists of rows that people search, sort and page through: each a statement, and one way to ask for a part of it. */

import type { ListedRow, ListedRows, RowListName, RowQuery } from '../../../core/ports/row-lists.ts';
import type { ReasonCount } from '../../../core/model/terms.ts';
import type { Database } from '../../db/database.ts';
import { rowList } from './lists.ts';
import type { RowList } from './lists.ts';

/** Nobody reads more groups than this. */
const maxReasons = 1000;

interface Positioned {
  readonly item: ListedRow;
  readonly sorted_by: string;
  /** Where it stands among rows that are equal in that. */
  readonly place: string;
}

/**
 * A page starts behind the last row of the one before, by what it is sorted by and the key, so that the thousandth page
 * costs no more than the first.
 */
export async function listRows(database: Database, name: RowListName, query: RowQuery): Promise<ListedRows> {
  const list = rowList(name);
  const { column, type } = list.sorts[query.sort] ?? { column: 'key', type: 'text' };
  const [comparison, direction] = query.descending ? ['<', 'desc'] : ['>', 'asc'];
  const after = query.after === null ? null : parsePosition(query.after);
  // By key alone it is the order of the index.
  const isByKey = column === 'key';
  const place = query.shuffledBy === null ? 'key' : shuffledPlace('$9');
  const behind = isByKey
    ? `${place} ${comparison} $7::text collate "C"`
    : `(${column}, ${place}) ${comparison} ($6::text::${type}, $7::text collate "C")`;
  const order = `${isByKey ? '' : `${column} ${direction}, `}${place} ${direction}`;
  // Only rows of the page become JSON: the order is made of their columns.
  const rows = await database.query<Positioned>({
    text: `select ${list.item} as item, ${column}::text as sorted_by, ${place} as place from (
             select * from (${list.from}) listed
             where ($2::text is null or code = $2) and ($3::text is null or field = $3)
               and ($4::text is null or reason = $4)
               and ($5::text is null or strpos(lower(key collate "default"), $5) > 0 or strpos(lower(email), $5) > 0
                 or strpos(lower(message), $5) > 0)
               and ($6::text is null or ${behind})
             order by ${order} limit $8
           ) page order by ${order}`,
    values: [
      subject(name),
      query.reason,
      query.field,
      query.message,
      query.search?.toLowerCase() ?? null,
      after?.sortedBy ?? null,
      after?.place ?? null,
      query.limit + 1,
      ...(query.shuffledBy === null ? [] : [query.shuffledBy]),
    ],
  });
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  const next = rows.length > query.limit && last !== undefined ? JSON.stringify([last.sorted_by, last.place]) : null;
  return { items: page.map(({ item }) => item), next };
}

/** A place that nobody finds for a key of their own without the secret. */
function shuffledPlace(secret: string): string {
  return `encode(sha256(convert_to(${secret}::text || key, 'UTF8')), 'hex') collate "C"`;
}

export async function countReasons(database: Database, name: RowListName): Promise<readonly ReasonCount[]> {
  const list = rowList(name);
  const counted = await database.query<ReasonCount>({
    text: `select code as reason, field, reason as message, count(*) as count from (${list.from}) listed
           group by code, field, reason order by count(*) desc, code, field, reason limit ${maxReasons}`,
    values: [subject(name)],
  });
  return 'runId' in name
    ? [...counted, ...(await countUnlisted(database, { list, runId: name.runId, counted }))]
    : counted;
}

/** Rows that the run counts and that are in no list any more, or never were: they have no names. */
async function countUnlisted(
  database: Database,
  {
    list,
    runId,
    counted,
  }: { readonly list: RowList; readonly runId: string; readonly counted: readonly ReasonCount[] },
): Promise<readonly ReasonCount[]> {
  if (list.total === null) return [];
  const [run] = await database.query<{ total: number }>({
    text: `select ${list.total} as total from runs where id = $1 and finished_at is not null`,
    values: [runId],
  });
  const count = (run?.total ?? 0) - counted.reduce((sum, reason) => sum + reason.count, 0);
  return count > 0 ? [{ reason: 'not_listed', field: null, message: list.unlisted, count }] : [];
}

function subject(name: RowListName): string {
  return 'runId' in name ? name.runId : name.sync;
}

/** Positions come back only as they were given: cursors are encrypted. */
function parsePosition(text: string): { readonly sortedBy: string; readonly place: string } {
  const [sortedBy, place] = JSON.parse(text) as readonly [string, string];
  return { sortedBy, place };
}
