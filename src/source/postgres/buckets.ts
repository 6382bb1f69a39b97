import { PanelsyncError } from '../../core/errors.ts';
import { keyHash } from '../../core/model/fingerprints.ts';
import { irregularKeyPattern, maxKeyLength } from '../../core/model/key.ts';
import type { Column } from '../../core/model/terms.ts';
import type { BucketSelection, KeyedColumns } from '../../core/ports/source.ts';
import { columnAliases } from '../model-reader.ts';
import type { BucketSession, RowTotals } from '../model-reader.ts';
import type { PostgresSession } from './session.ts';

/** Sums the rows of a model by bucket, with queries alone. */

/** A query around the model's text. */
export interface CopiedQuery {
  readonly before: string;
  readonly after: string;
  /** The columns whose text it reads. */
  readonly positions: readonly number[];
}

type CopyOut = (columns: readonly Column[], query: CopiedQuery) => AsyncGenerator<Buffer, RowTotals>;

/** A key whose hash tells whether this server names buckets as we do. */
const sampleKey = 'panelsync@example.test';

export function openBuckets(session: PostgresSession, copyOut: CopyOut): BucketSession {
  return {
    scheme: 'postgres-1',
    keyHash: 'hashtext',
    sums: async function* (columns, keyed, bits) {
      await requireSameKeyHash(session);
      return yield* copyOut(columns, sumsQuery(columns, keyed, bits));
    },
    rows: async function* (columns, keyed, buckets) {
      await requireSameKeyHash(session);
      return yield* copyOut(columns, rowsQuery(columns, keyed, buckets));
    },
  };
}

/** `hashtext` is not documented to stay as it is, and depends on the byte order of the server. */
async function requireSameKeyHash({ client }: PostgresSession): Promise<void> {
  const { rows } = await client.query<{ hash: number }>(`select hashtext('${sampleKey}' collate "C") as hash`);
  if (rows[0]?.hash === keyHash(sampleKey, 'hashtext')) return;
  throw new PanelsyncError({
    code: 'source_without_buckets',
    recovery: 'fatal',
    message:
      'This server hashes texts in another way than panelsync, so it cannot name the buckets of diff: warehouse.',
    hint: 'Set diff: fingerprints for the sync.',
  });
}

/** The rows of each bucket, counted and summed; see `ModelBuckets.sums`. */
function sumsQuery(columns: readonly Column[], keyed: KeyedColumns, bits: number): CopiedQuery {
  return {
    // Without the `offset 0` the planner writes out each expression wherever its name stands, and computes it there.
    before: `select case when bucket is null then key end, bucket, count(*), sum(hash1), sum(hash2)${newestOf(keyed)}
from (select key, bucket, ${rowHash(columns, keyed, 1)} as hash1, ${rowHash(columns, keyed, 2)} as hash2${timeOf(columns, keyed)}
from (select *, ${bucketOf(keyed, bits)} as bucket from (select *, ${keyOf(columns, keyed)} as key from (\n`,
    after: `\n) as model (${columnAliases(columns).join(', ')})) as keyed) as bucketed offset 0) as hashed group by 1, 2`,
    positions: keyed.positions,
  };
}

/** Rows with their numbers and hashes; see `ModelBuckets.rows`. */
function rowsQuery(columns: readonly Column[], keyed: KeyedColumns, buckets: BucketSelection | null): CopiedQuery {
  const names = keyed.positions.map((index) => `c${index}`).join(', ');
  const isSelected =
    buckets === null
      ? 'true'
      : `bucket is null or get_bit(decode('${buckets.changed.toString('hex')}', 'hex'), bucket) = 1`;
  return {
    before: `select ${names}, row_number, ${rowHash(columns, keyed, 1)}, ${rowHash(columns, keyed, 2)}${timeOf(columns, keyed)}
from (select *, ${bucketOf(keyed, buckets?.bits ?? 0)} as bucket from (select *, ${keyOf(columns, keyed)} as key
from (select row_number() over () as row_number, model.* from (\n`,
    after: `\n) as model (${columnAliases(columns).join(', ')})) as numbered) as keyed) as bucketed where ${isSelected}`,
    positions: keyed.positions,
  };
}

function newestOf({ newest }: KeyedColumns): string {
  return newest === null ? '' : `, max(row_time) filter (where row_time <= '${newest.limit.replace('T', ' ')}')`;
}

function timeOf(columns: readonly Column[], { newest }: KeyedColumns): string {
  return newest === null ? '' : `, ${textOf(columns, newest.position)} collate "C" as row_time`;
}

/** The bucket of a key; null of an irregular one. */
function bucketOf({ isEmail }: KeyedColumns, bits: number): string {
  return `case when key !~ '${irregularKeyPattern(isEmail)}' and length(key) between 1 and ${maxKeyLength}
then hashtext(${isEmail ? 'lower(key)' : 'key'}) & ${2 ** bits - 1} end`;
}

function keyOf(columns: readonly Column[], { positions: [key = 0] }: KeyedColumns): string {
  return `${textOf(columns, key)} collate "C"`;
}

/** Half a hash of a row: each value is hashed under the hash of those before it, and a null shows in a bit. */
function rowHash(columns: readonly Column[], { positions }: KeyedColumns, half: 1 | 2): string {
  return positions.reduce(
    (hash, index) =>
      `hashtextextended(coalesce(${textOf(columns, index)}, '') collate "C", ${hash}) # (c${index} is null)::integer`,
    String(half),
  );
}

/** A value as COPY writes it. A cast to text would not always do: of a boolean, for example. */
function textOf(columns: readonly Column[], index: number): string {
  return ['text', 'character varying'].includes(columns[index]?.type ?? '') ? `c${index}` : `concat(c${index})`;
}
