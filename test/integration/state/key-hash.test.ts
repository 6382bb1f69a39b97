import * as fc from 'fast-check';
import { expect } from 'chai';
import { keyHash } from '../../../src/core/model/fingerprints.ts';
import { bucketOfKey } from '../../../src/state/tables/fingerprints.ts';
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
});
