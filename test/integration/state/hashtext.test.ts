import * as fc from 'fast-check';
import { expect } from 'chai';
import { keyHash } from '../../../src/core/model/fingerprints.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

describe('the hash of a key', () => {
  let panel: TestPanel;
  before(async () => (panel = await openPanel()));
  after(() => panel.close());

  it('is the same here and in the state database, whatever the key', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 }).filter((key) => !/\0|\p{Cs}/u.test(key));
    const keys = [...fc.sample(text, 2000), '', 'a', 'ada@example.test', 'x'.repeat(320)];
    const rows = await panel.sql<{ key: string; hash: number }>(
      'select key, hashtext(key collate "C") as hash from unnest($1::text[]) as key',
      [keys],
    );
    expect(rows.map(({ key }) => keyHash(key))).to.deep.equal(rows.map(({ hash }) => hash));
  });
});
