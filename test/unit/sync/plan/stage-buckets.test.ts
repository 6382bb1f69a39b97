import { expect } from 'chai';
import * as fc from 'fast-check';
import { keyHash } from '../../../../src/core/model/fingerprints.ts';
import type { Fingerprints } from '../../../../src/core/model/fingerprints.ts';
import { escapeCopyField } from '../../../../src/lib/copy-text.ts';
import { viewOf } from '../../../../src/lib/hash/words.ts';
import { openSpool } from '../../../../src/lib/spool.ts';
import { BucketComparison } from '../../../../src/sync/plan/stage/bucket-comparison.ts';
import { createRowKeyReader } from '../../../../src/sync/plan/stage/row-key.ts';
import { stageRows } from '../../../../src/sync/plan/stage/stage.ts';
import type { StageResult } from '../../../../src/sync/plan/stage/stage.ts';
import { RunWork } from '../../../../src/sync/run-work.ts';
import { MemoryStage } from '../../../helpers/memory/plan.ts';
import { columnsOf, projectionOf } from '../../../helpers/fixtures/projection.ts';

const projection = projectionOf(
  { mapping: { fields: { email: 'email', city: 'city' }, characteristics: {} } },
  columnsOf(['email', 'city']),
);

/** A line of the model: e-mail and city. */
type Line = readonly [string, string];

function textOf([email, city]: Line): string {
  return `${escapeCopyField(email)}\t${escapeCopyField(city)}\n`;
}

/** A staged row with the line that the spool has at its position. */
interface StagedRow {
  readonly key: string;
  readonly rowHash: string;
  readonly line: string | undefined;
}

interface Staged {
  readonly result: StageResult;
  readonly rows: readonly StagedRow[];
  readonly fingerprints: Fingerprints | null;
  /** How many bytes went to the spool at a time. */
  readonly appended: readonly number[];
}

/** Reads lines with the fingerprints of an earlier reading, if there are any. */
async function read(lines: readonly Line[], remembered: Fingerprints | null): Promise<Staged> {
  const spool = await openSpool();
  const appended: number[] = [];
  const append = (part: Buffer): Promise<void> => {
    appended.push(part.length);
    return spool.append(part);
  };
  const writer = new MemoryStage();
  const buckets = new BucketComparison(remembered);
  const chunks = async function* (): AsyncGenerator<Buffer> {
    for (let at = 0; at < lines.length; at += 3)
      yield Buffer.from(
        lines
          .slice(at, at + 3)
          .map(textOf)
          .join(''),
      );
  };
  try {
    const result = await stageRows(chunks(), {
      projection,
      writer,
      spool: { ...spool, append },
      buckets,
      work: new RunWork(),
      onRows: () => undefined,
    });
    const spooled = await spool.lines(writer.rows.map(({ position }) => position));
    const rows = writer.rows.map(({ key, rowHash }, at) => ({ key, rowHash, line: spooled[at] }));
    return { result, rows, fingerprints: buckets.result(lines.length), appended };
  } finally {
    await spool.close();
  }
}

const email = fc.oneof(
  fc.integer({ min: 0, max: 200 }).map((n) => `p${n}@example.test`),
  fc.constantFrom(
    'Ada@Example.test',
    ' ada@example.test ',
    'josé@example.test',
    'a\tb@example.test',
    '',
    'x\\y@e.test',
    "'anna@example.test",
    '`b`@example.test',
    'info@xn--bcher-kva.example',
    'info@b\u00fccher.example',
  ),
);
const hasKey = ([address]: Line): boolean => address !== '';
const model = fc.array(fc.tuple(email, fc.string({ maxLength: 8 })), { maxLength: 120 });

describe('rows in buckets', () => {
  it('are all staged when nothing is remembered, and none when nothing has changed', async () => {
    const lines = Array.from({ length: 500 }, (_, n): Line => [`p${n}@example.test`, 'Oslo']);
    const first = await read(lines, null);
    expect([first.result.staged, first.result.equal.rows]).to.deep.equal([500, 0]);
    const second = await read(lines.toReversed(), first.fingerprints);
    expect([second.result.staged, second.result.equal.rows, second.rows.length]).to.deep.equal([0, 500, 0]);
    expect(second.result.equal.buckets).to.equal(32);
  });

  it('are in memory a megabyte at a time, however long they are', async () => {
    const city = 'x'.repeat(300_000);
    const lines = Array.from({ length: 24 }, (_, n): Line => [`p${n}@example.test`, city]);
    const { fingerprints } = await read(lines, null);
    const { rows, appended } = await read(
      lines.map(([address]): Line => [address, `${city}y`]),
      fingerprints,
    );
    expect(rows.map(({ line }) => line?.length)).to.deep.equal(rows.map(({ key }) => key.length + 300_002));
    expect(rows).to.have.length(24);
    expect(Math.max(...appended)).to.be.below(1_048_576 + 300_100);
  });

  it('are staged as ever where their bucket changed, with everybody else in it, and nobody else is', async () => {
    await fc.assert(
      fc.asyncProperty(model, model, async (before, after) => {
        const { fingerprints } = await read(before, null);
        const all = await read(after, null);
        const some = await read(after, fingerprints);
        const bucketOf = ({ key }: StagedRow): number | undefined => fingerprints?.bucketOf(keyHash(key, 'hashtext'));
        const touched = new Set(some.rows.map(bucketOf));
        expect(some.rows).to.deep.equal(all.rows.filter((row) => touched.has(bucketOf(row))));
        expect(all.rows.map(({ line }) => `${line}\n`)).to.deep.equal(after.filter(hasKey).map(textOf));
        expect(some.result.invalidKeyRows).to.deep.equal(all.result.invalidKeyRows);
        expect(some.result.staged + some.result.equal.rows).to.equal(all.result.staged);
      }),
      { numRuns: 60 },
    );
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
    'an e-mail changes its case': [
      [['a@example.test', 'Oslo'], ...people],
      [['A@example.test', 'Oslo'], ...people],
    ],
  };
  for (const [what, [before, after]] of Object.entries(changes)) {
    it(`differ where ${what}, though all are in one bucket`, async () => {
      const { fingerprints } = await read(before, null);
      expect(fingerprints?.bucketCount).to.equal(1);
      expect((await read(after, fingerprints)).result).to.deep.include({ staged: after.length });
      expect((await read(before.toReversed(), fingerprints)).result).to.deep.include({ staged: 0 });
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
