import { expect } from 'chai';
import * as fc from 'fast-check';
import { keyHash } from '../../src/core/model/fingerprints.ts';
import { columnKey, emailKey, maxKeyLength } from '../../src/core/model/key.ts';
import type { KeyedColumns, ModelBuckets } from '../../src/core/ports/source.ts';
import { splitCopyLine } from '../../src/lib/copy-text.ts';
import { read, withModel } from './source-suite.ts';
import type { SourceUnderTest } from './source-suite.ts';

/** What every source must keep that can sum its rows by bucket. */

type Row = readonly (string | null)[];

const byEmail: KeyedColumns = { positions: [0, 1], isEmail: true, newest: null };
const byColumn: KeyedColumns = { positions: [0, 1], isEmail: false, newest: null };

/** E-mails that warehouses and JavaScript trim, lower and compose differently, and those of one person. */
const spellings: readonly string[] = [
  ['ada@example.test', 'Ada@Example.TEST', ' ada@example.test', 'ada@example.test\u00a0', "'ada@example.test'"],
  ['\u2018ada@example.test\u2019', '`ada@example.test', '\ufeffada@example.test', 'ada@example.test\u0085'],
  ['info@xn--bcher-kva.example', 'info@XN--BCHER-KVA.example', 'info@bücher.example', 'info@bu\u0308cher.example'],
  ['İpek@example.test', 'ipek@example.test', 'i̇pek@example.test', 'IPEK@example.test', 'ıpek@example.test'],
  ['ΣΑΣ@example.test', 'σας@example.test', '\u212a@example.test', 'K@example.test', 'straße@e.test', 'ﬁ@e.test'],
  ['', ' ', '\u3000', "'", '\\N', '\\', '"', 'a,b@e.test', '(a)@e.test', '{a}@e.test', 'a~b@e.test', 'a[b]^_@e.test'],
  ['--', 'a--b@e.test', '\tada@example.test\n', '\u007f', '\u0001'],
  ['x'.repeat(maxKeyLength), 'x'.repeat(maxKeyLength + 1), 'X'.repeat(maxKeyLength)],
].flat();

const keyText = fc
  .oneof(fc.constantFrom(...spellings), fc.string({ unit: 'binary', maxLength: 12 }), fc.string({ maxLength: 12 }))
  .filter((value) => !/\0|\p{Cs}/u.test(value));
const rowsOfModel = fc.array(fc.tuple(fc.option(keyText), fc.option(keyText)), { minLength: 1, maxLength: 60 });

interface Sum {
  readonly rows: number;
  readonly sums: readonly [bigint, bigint];
}

export function describeBuckets(name: string, start: () => Promise<SourceUnderTest>): void {
  describe(`${name}, as a source of buckets`, function () {
    this.timeout(120_000);
    let subject: SourceUnderTest;
    before(async () => (subject = await start()));
    after(() => subject.close());

    describeNaming(() => subject);
    describeRows(() => subject);
    describeHashes(() => subject);
    describeTimes(() => subject);

    it('writes nothing', async () => expect(await subject.rowsWritten()).to.equal(0));
  });
}

function describeNaming(subject: () => SourceUnderTest): void {
  for (const [what, keyed] of Object.entries({ 'e-mails': byEmail, 'other keys': byColumn })) {
    it(`puts rows of one person into one bucket, as our code names it, however their keys are written: ${what}`, async () => {
      const all = spellings.map((key, at): Row => [key, `city ${at}`]);
      const others = fc.sample(rowsOfModel, 30).flat();
      for (const rows of [all, [...all, ...others, [null, 'nowhere']]])
        await withBuckets(subject(), rows, async (buckets) => {
          const bits = 3;
          const expected = sumsByCanonicalKey(await hashedRows(buckets, keyed), { keyed, buckets, bits });
          expect(await summed(buckets, { keyed, bits })).to.deep.equal(expected);
        });
    });
  }
}

function describeRows(subject: () => SourceUnderTest): void {
  it('gives the rows as they are read otherwise, each with its number', async () => {
    const { kinds } = subject().dialect;
    const rows = spellings.map((key, at): Row => [key, at % 3 === 0 ? null : `city ${at}`]);
    for (const sql of [kinds.sql, subject().dialect.rows(rows)])
      await withModel(subject().source, sql, async (reader) => {
        const positions = [...reader.columns.keys()];
        const lines = await allOf(
          requireBuckets(reader.buckets).rows({ positions, isEmail: false, newest: null }, null),
        );
        const withoutHash = lines.map((line) =>
          line
            .split('\t')
            .slice(0, -3)
            .map((field) => splitCopyLine(field)[0]),
        );
        expect(withoutHash).to.deep.equal(await read(reader, positions));
        expect(lines.map((line) => line.split('\t').at(-3))).to.deep.equal(lines.map((_, at) => String(at + 1)));
      });
  });

  it('gives the rows of the changed buckets only, and those whose bucket the warehouse cannot name', async () => {
    const rows = Array.from({ length: 200 }, (_, n): Row => [`P${n}@example.test`, 'Oslo']);
    const irregular: readonly Row[] = [
      [' p7@example.test ', 'Bergen'],
      [null, 'Rome'],
      ['josé@example.test', 'Lima'],
    ];
    await withBuckets(subject(), [...rows.slice(0, 100), ...irregular, ...rows.slice(100)], async (buckets) => {
      const bits = 3;
      const all = await allOf(buckets.rows(byEmail, null));
      const isChosen = (line: string): boolean => {
        const key = splitCopyLine(line)[0] ?? '';
        return !key.startsWith('P') || [1, 6].includes(keyHash(key.toLowerCase(), buckets.keyHash) & (2 ** bits - 1));
      };
      const chosen = await allOf(buckets.rows(byEmail, { bits, changed: Buffer.from([0b0100_0010]) }));
      expect(chosen).to.deep.equal(all.filter(isChosen));
      expect(chosen.length).to.be.within(20, 90);
      expect(await allOf(buckets.rows(byEmail, { bits, changed: Buffer.from([0]) }))).to.have.length(3);
    });
  });
}

function describeTimes(subject: () => SourceUnderTest): void {
  const rows: readonly Row[] = [
    ['ada@example.test', '2026-01-02T03:04:05Z'],
    ['eve@example.test', '9999-12-31'],
    ['josé@example.test', '2026-01-03'],
    ['bob@example.test', null],
    ['joe@example.test', '2025-06-01 12:00:00'],
  ];
  const newest = { position: 1, limit: '2026-11-24T12:00:00' };

  it('gives the newest time of each bucket, and the time of each row, hashed with nothing', async () => {
    await withBuckets(subject(), rows, async (buckets) => {
      const keyed: KeyedColumns = { positions: [0], isEmail: true, newest };
      for (const [bits, times] of [
        [0, ['2026-01-02T03:04:05Z', '2026-01-03']],
        [8, ['2025-06-01 12:00:00', '2026-01-02T03:04:05Z', '2026-01-03']],
      ] as const) {
        const sums = (await allOf(buckets.sums(keyed, bits))).map((line) => line.split('\t'));
        const found = sums.map((fields) => fields[5] ?? '').filter((time) => time !== '\\N');
        expect(found.toSorted()).to.deep.equal(times);
        const withoutTimes = (await allOf(buckets.sums({ ...keyed, newest: null }, bits))).toSorted();
        expect(sums.map((fields) => fields.slice(0, 5).join('\t')).toSorted()).to.deep.equal(withoutTimes);
      }
      const lines = (await allOf(buckets.rows(keyed, null))).map((line) => line.split('\t'));
      expect(lines.map((fields) => fields.at(-1))).to.deep.equal(rows.map(([, time]) => time ?? '\\N'));
      expect(lines[0]).to.have.length(5);
    });
  });
}

function describeHashes(subject: () => SourceUnderTest): void {
  it('hashes rows apart that differ in a null, an empty text or the place of a value', async () => {
    const hashesOf = async (rows: readonly Row[]): Promise<readonly string[]> => {
      const sql = subject().dialect.rows(rows);
      return withModel(subject().source, sql, async (reader) => {
        const positions = [...reader.columns.keys()];
        const lines = await allOf(
          requireBuckets(reader.buckets).rows({ positions, isEmail: true, newest: null }, null),
        );
        return lines.map((line) => line.split('\t').slice(-2).join(' '));
      });
    };
    const rows: readonly Row[] = [
      ['a', null, ''],
      ['a', '', null],
      ['a', null, null],
      ['a', '', ''],
      ['a', 'b', 'c'],
      ['a', 'c', 'b'],
      ['a', 'bc', ''],
      ['a', '', 'bc'],
      ['ab', 'c', ''],
      ['a', '-', '1:b'],
      ['a', '1:b', '-'],
      ['a', '\\N', ''],
    ];
    const halves = (await hashesOf(rows)).flatMap((hash) => hash.split(' '));
    expect(new Set(halves).size).to.equal(2 * rows.length);
    for (const half of halves) expect(half).to.match(/^-?\d+$/);
  });
}

function requireBuckets(buckets: ModelBuckets | null): ModelBuckets {
  if (buckets === null) throw new Error('this source has no buckets');
  return buckets;
}

async function withBuckets(
  { source, dialect }: SourceUnderTest,
  rows: readonly Row[],
  work: (buckets: ModelBuckets) => Promise<void>,
): Promise<void> {
  await withModel(source, dialect.rows(rows), (reader) => work(requireBuckets(reader.buckets)));
}

async function allOf(chunks: AsyncIterable<Buffer>): Promise<readonly string[]> {
  let text = '';
  for await (const chunk of chunks) text += chunk.toString('utf8');
  return text === '' ? [] : text.slice(0, -1).split('\n');
}

/** Key as the model writes it, and the two halves of the hash. */
type HashedRow = readonly [string | null, bigint, bigint];

async function hashedRows(buckets: ModelBuckets, keyed: KeyedColumns): Promise<readonly HashedRow[]> {
  return (await allOf(buckets.rows(keyed, null))).map((line) => {
    const fields = splitCopyLine(line);
    return [fields[0] ?? null, BigInt(fields.at(-2) ?? ''), BigInt(fields.at(-1) ?? '')];
  });
}

interface Summing {
  readonly keyed: KeyedColumns;
  readonly buckets: ModelBuckets;
  readonly bits: number;
}

/** What the sums come to, added up by our own keys; rows without a usable one stand under an empty key. */
function sumsByCanonicalKey(rows: readonly HashedRow[], summing: Summing): ReadonlyMap<string, Sum> {
  const result = new Map<string, Sum>();
  for (const [raw, ...sums] of rows) addSum(result, placeOf(raw, summing), { rows: 1, sums });
  return result;
}

async function summed(
  buckets: ModelBuckets,
  { keyed, bits }: Omit<Summing, 'buckets'>,
): Promise<ReadonlyMap<string, Sum>> {
  const result = new Map<string, Sum>();
  for (const line of await allOf(buckets.sums(keyed, bits))) {
    const [key = null, bucket = null, rows, first, second] = splitCopyLine(line);
    const place = bucket === null ? placeOf(key, { keyed, buckets, bits }) : `bucket ${bucket}`;
    addSum(result, place, { rows: Number(rows), sums: [BigInt(first ?? ''), BigInt(second ?? '')] });
  }
  return result;
}

function placeOf(raw: string | null, { keyed, buckets, bits }: Summing): string {
  const key = keyed.isEmail ? emailKey(raw) : columnKey(raw);
  if (key === null || key.length > maxKeyLength) return 'no key';
  return `bucket ${keyHash(key, buckets.keyHash) & (2 ** bits - 1)}`;
}

function addSum(result: Map<string, Sum>, place: string, { rows, sums: [first, second] }: Sum): void {
  const before = result.get(place) ?? { rows: 0, sums: [0n, 0n] };
  result.set(place, { rows: before.rows + rows, sums: [before.sums[0] + first, before.sums[1] + second] });
}
