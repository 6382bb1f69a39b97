import { expect } from 'chai';
import * as fc from 'fast-check';
import { keyHash } from '../../../../src/core/model/fingerprints.ts';
import { escapeCopyField } from '../../../../src/lib/copy-text.ts';
import { viewOf } from '../../../../src/lib/hash/words.ts';
import { BucketComparison } from '../../../../src/sync/plan/stage/bucket-comparison.ts';
import { createRowKeyReader } from '../../../../src/sync/plan/stage/row-key.ts';
import { email, projection, stageLines } from '../../../helpers/fixtures/staged-lines.ts';
import type { Line } from '../../../helpers/fixtures/staged-lines.ts';

describe('rows in buckets', () => {
  it('are all staged when nothing is remembered, and none when nothing has changed', async () => {
    const lines = Array.from({ length: 500 }, (_, n): Line => [`p${n}@example.test`, 'Oslo']);
    const first = await stageLines(lines, null);
    expect([first.result.staged, first.result.equal.rows]).to.deep.equal([500, 0]);
    const second = await stageLines(lines.toReversed(), first.fingerprints);
    expect([second.result.staged, second.result.equal.rows, second.rows.length]).to.deep.equal([0, 500, 0]);
    expect(second.result.equal.buckets).to.equal(32);
  });

  it('are in memory a megabyte at a time, however long they are', async () => {
    const city = 'x'.repeat(300_000);
    const lines = Array.from({ length: 24 }, (_, n): Line => [`p${n}@example.test`, city]);
    const { fingerprints } = await stageLines(lines, null);
    const { rows, appended } = await stageLines(
      lines.map(([address]): Line => [address, `${city}y`]),
      fingerprints,
    );
    expect(rows.map(({ line }) => line?.length)).to.deep.equal(rows.map(({ key }) => key.length + 300_002));
    expect(rows).to.have.length(24);
    expect(Math.max(...appended)).to.be.below(1_048_576 + 300_100);
  });

  const people = Array.from({ length: 20 }, (_, n): Line => [`p${n}@example.test`, 'Oslo']);
  const changes: Readonly<Record<string, readonly [before: readonly Line[], after: readonly Line[]]>> = {
    'two people exchange their values': [
      [['a@example.test', 'Rome'], ['b@example.test', 'Lima'], ...people],
      [['a@example.test', 'Lima'], ['b@example.test', 'Rome'], ...people],
    ],
    'a pair of equal rows gives way to another pair': [
      [['a@example.test', 'Rome'], ['a@example.test', 'Rome'], ...people],
      [['b@example.test', 'Rome'], ['b@example.test', 'Rome'], ...people],
    ],
    'one leaves and another one comes': [
      [['a@example.test', 'Oslo'], ...people],
      [['b@example.test', 'Oslo'], ...people],
    ],
    'a row comes twice': [
      [['a@example.test', 'Oslo'], ...people],
      [['a@example.test', 'Oslo'], ['a@example.test', 'Oslo'], ...people],
    ],
    'two people change': [
      [['a@example.test', 'Oslo'], ['b@example.test', 'Oslo'], ...people],
      [['a@example.test', 'Rome'], ['b@example.test', 'Lima'], ...people],
    ],
    'one changes and another one comes': [
      [['a@example.test', 'Oslo'], ...people],
      [['a@example.test', 'Rome'], ['b@example.test', 'Lima'], ...people],
    ],
    'one leaves': [[['a@example.test', 'Oslo'], ...people], people],
    'a person comes twice, with other values': [
      [['a@example.test', 'Oslo'], ...people],
      [['a@example.test', 'Oslo'], ['A@example.test', 'Rome'], ...people],
    ],
    'one of the two rows of a person changes': [
      [['a@example.test', 'Oslo'], ['a@example.test', 'Rome'], ...people],
      [['a@example.test', 'Oslo'], ['a@example.test', 'Lima'], ...people],
    ],
  };
  for (const [what, [before, after]] of Object.entries(changes)) {
    it(`differ where ${what}, though all are in one bucket`, async () => {
      const { fingerprints } = await stageLines(before, null);
      expect(fingerprints?.bucketCount).to.equal(1);
      expect((await stageLines(after, fingerprints)).result).to.deep.include({ staged: after.length });
      expect((await stageLines(before.toReversed(), fingerprints)).result).to.deep.include({ staged: 0 });
    });
  }

  it('keep their number of buckets while it fits, and make room only where all rows are read', () => {
    const full = new BucketComparison(null).result(1_000_000);
    expect(full?.bits).to.equal(16);
    expect(new BucketComparison(full).result(2_000_000)?.bits).to.equal(16);
    expect(new BucketComparison(full).result(4_500_000), 'growing').to.equal(null);
    expect(new BucketComparison(full).result(600_000)?.bits).to.equal(16);
    expect(new BucketComparison(full).result(100_000)?.bits, 'shrinking').to.equal(12);
    const large = new BucketComparison(null).result(50_000_000);
    expect(new BucketComparison(large).result(50_000_000)?.bits, 'a model of any size').to.equal(large?.bits);
  });

  it('of one person share a bucket however the e-mail is written', () => {
    const keys = createRowKeyReader(projection);
    fc.assert(
      fc.property(fc.oneof(email, fc.string({ unit: 'binary' })), (text) => {
        const line = Buffer.from(escapeCopyField(text));
        const key = keys.read(line.toString('latin1'));
        const hash = keys.hash(viewOf(line), 0, line.length);
        expect(hash).to.equal(typeof key === 'string' ? keyHash(key, 'hashtext') : null);
      }),
    );
  });
});
