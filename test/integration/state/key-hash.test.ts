import * as fc from 'fast-check';
import { expect } from 'chai';
import { hashKey, keyHash } from '../../../src/core/model/fingerprints.ts';
import type { BucketSelection } from '../../../src/core/ports/run/plan-store.ts';
import { bucketOfKey, peopleInBuckets } from '../../../src/state/tables/fingerprints.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

describe('the hash of a key', () => {
  let panel: TestPanel;
  before(async () => (panel = await openPanel()));
  after(() => panel.close());

  it('is the same here and in the state database, whatever the key', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 }).filter((key) => !/\0|\p{Cs}/u.test(key));
    const keys = [...fc.sample(text, 2000), '', 'a', 'ada@example.test', 'x'.repeat(320)];
    for (const by of ['hashtext', 'sha256'] as const) {
      const rows = await panel.sql<{ key: string; bucket: number }>(
        `select key, ${bucketOfKey('key', { keyHash: by, bits: 20 })} as bucket
         from (select key collate "C" as key from unnest($1::text[]) as key) as keys`,
        [keys],
      );
      expect(rows.map(({ key }) => keyHash(key, by) & (2 ** 20 - 1))).to.deep.equal(rows.map(({ bucket }) => bucket));
    }
  });

  it('has more bits than name a bucket, and these are the same, too', async () => {
    const keys = ['', 'a', 'ada@example.test', 'jos\u00e9@example.test', 'x'.repeat(320)];
    const rows = await panel.sql<{ hash: string }>(
      'select hashtextextended(key collate "C", 0)::text as hash from unnest($1::text[]) as key',
      [keys],
    );
    const hashes = keys.map((key) => {
      const words = new Uint32Array(2);
      hashKey(key, words);
      return String(new BigInt64Array(words.buffer)[0]);
    });
    expect(hashes).to.deep.equal(rows.map(({ hash }) => hash));
  });

  describe('finds the people of buckets', () => {
    const keys = Array.from({ length: 3000 }, (_, n) => `p${n}@example.test`);
    const syncId = 4711;

    before(async () => {
      // Two syncs have the same people.
      await panel.sql(
        `insert into panelsync.snapshot (sync_id, key, row_hash, payload_hash, run_id, origin)
         select sync, key, gen_random_uuid(), gen_random_uuid(), 1, 'sent'
         from unnest($1::text[]) as key, generate_series($2::integer, $2 + 1) as sync`,
        [keys, syncId],
      );
    });

    function selectionOf(keyHashName: BucketSelection['keyHash'], bits: number, changed: readonly number[] | null) {
      const selection = changed === null ? null : Buffer.alloc(Math.ceil(2 ** bits / 8));
      for (const bucket of changed ?? [])
        selection?.writeUInt8(selection.readUInt8(bucket >> 3) | (1 << (bucket & 7)), bucket >> 3);
      return { keyHash: keyHashName, bits, changed: selection, hasSingleRows: false };
    }

    async function planOf(selection: BucketSelection): Promise<string> {
      const lines = await panel.sql<{ 'QUERY PLAN': string }>(`explain ${peopleInBuckets('key', syncId, selection)}`);
      return lines.map((line) => line['QUERY PLAN']).join('\n');
    }

    const cases = [
      ['a few of many', 'hashtext', 16, 40],
      ['most of many', 'hashtext', 16, 60_000],
      ['one of few', 'hashtext', 3, 1],
      ['all there are', 'hashtext', 0, 1],
      ['as many as the index tells apart', 'hashtext', 18, 5000],
      ['more than the index tells apart', 'hashtext', 20, 5000],
      ['those of another hash', 'sha256', 12, 100],
      ['none', 'hashtext', 16, 0],
    ] as const;
    for (const [what, by, bits, count] of cases)
      it(`${what}, and nobody else`, async () => {
        const mask = 2 ** bits - 1;
        const changed = keys.map((key) => keyHash(key, by) & mask).slice(0, count);
        for (let bucket = 0; changed.length < count; bucket += 1) changed.push(bucket & mask);
        const selection = selectionOf(by, bits, changed);
        const rows = await panel.sql<{ key: string }>(peopleInBuckets('key', syncId, selection));
        const buckets = new Set(changed);
        const expected = keys.filter((key) => buckets.has(keyHash(key, by) & mask));
        expect(rows.map(({ key }) => key).toSorted()).to.deep.equal(expected.toSorted());
      });

    it('everybody where all rows are compared', async () => {
      const rows = await panel.sql(peopleInBuckets('key', syncId, selectionOf('hashtext', 16, null)));
      expect(rows).to.have.lengthOf(keys.length);
    });

    it('by its index while the buckets are few', async () => {
      expect(await planOf(selectionOf('hashtext', 16, [1, 2, 3]))).to.include('snapshot_by_bucket');
      expect(await planOf(selectionOf('hashtext', 20, [1, 2, 3]))).to.include('get_bit');
    });
  });
});
