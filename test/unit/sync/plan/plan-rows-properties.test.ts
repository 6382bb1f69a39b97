import { expect } from 'chai';
import * as fc from 'fast-check';
import { textHash, rowHash } from '../../../../src/core/model/hash.ts';
import { emailKey } from '../../../../src/core/model/key.ts';
import type { Candidate, PlanCounts } from '../../../../src/core/ports/run/plan-store.ts';
import { canonicalText, toParticipant } from '../../../../src/core/model/participant.ts';
import type { Projection } from '../../../../src/core/model/projection.ts';
import { modes } from '../../../../src/core/model/terms.ts';
import { formats } from '../../../../src/core/formats.ts';
import { openSpool } from '../../../../src/lib/spool.ts';
import { planRows } from '../../../../src/sync/plan/plan-rows.ts';
import { stageRows } from '../../../../src/sync/plan/stage/stage.ts';
import { RunWork } from '../../../../src/sync/run-work.ts';
import { plainCodec } from '../../../helpers/fixtures/payload-codecs.ts';
import { differenceInMemory, MemoryRecorder, MemoryStage } from '../../../helpers/memory/plan.ts';
import type { SnapshotEntry, StagedRow } from '../../../helpers/memory/plan.ts';
import { columnsOf, lineOf, projectionOf, valuesOf } from '../../../helpers/fixtures/projection.ts';
import { rowTotals } from '../../../helpers/fixtures/plan-counts.ts';

type Row = readonly (string | null)[];

const columns = columnsOf(['email', 'city', 'seats'], { seats: 'number' });
const mapping = {
  fields: { email: 'email', city: 'city' },
  characteristics: { seats: { column: 'seats', type: null } },
};

const row: fc.Arbitrary<Row> = fc.tuple(
  fc.oneof(
    fc.constantFrom(
      null,
      '',
      ' ',
      'nobody',
      'a@example.test',
      'A@Example.test ',
      'jos\u00e9@example.test',
      'x'.repeat(321),
    ),
    fc.integer({ min: 0, max: 30 }).map((number) => `p${number}@example.test`),
  ),
  fc.constantFrom(null, '', 'London', 'London ', 'tab\there', 'Paris\\', 'x'.repeat(256)),
  fc.constantFrom(null, '1', '1.0', '2', 'NaN', '9007199254740993'),
);

const scene = fc.record({
  rows: fc.array(row, { maxLength: 40 }),
  before: fc.array(row, { maxLength: 40 }),
  refused: fc.array(row, { maxLength: 10 }),
  mode: fc.constantFrom(...modes),
  duplicates: fc.constantFrom('first', 'reject'),
  full: fc.boolean(),
  pageSize: fc.integer({ min: 1, max: 7 }),
});
type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never;

function hashOf(values: Row, projection: Projection): string {
  return textHash(canonicalText(toParticipant(valuesOf(projection, values), projection, formats).payload));
}

/** What an earlier run left of rows: the key of each with its hashes. */
function remembered(rows: readonly Row[], projection: Projection): ReadonlyMap<string, SnapshotEntry> {
  return new Map(
    rows.flatMap((values) => {
      const key = emailKey(values[0] ?? null);
      const line = Buffer.from(lineOf(projection, values)).toString('latin1');
      const hash = Buffer.from(rowHash(projection.fingerprint, line), 'latin1').toString('hex');
      return key === null ? [] : [[key, { rowHash: hash, payloadHash: hashOf(values, projection) }] as const];
    }),
  );
}

async function* chunked(lines: readonly string[]): AsyncGenerator<Buffer> {
  for (let at = 0; at < lines.length; at += 3) yield Buffer.from(lines.slice(at, at + 3).join(''));
}

interface Planned {
  readonly counts: PlanCounts;
  readonly recorder: MemoryRecorder;
  readonly changed: readonly StagedRow[];
  readonly snapshot: ReadonlyMap<string, SnapshotEntry>;
}

async function planned(scenery: Scene): Promise<Planned> {
  const { rows, before, refused, mode, duplicates, full, pageSize } = scenery;
  const projection = projectionOf({ mapping, mode, duplicates }, columns);
  const snapshot = remembered(before, projection);
  const rejections = remembered(refused, projection);
  const writer = new MemoryStage();
  const spool = await openSpool();
  try {
    const lines = rows.map((values) => `${lineOf(projection, values)}\n`);
    const staged = await stageRows(chunked(lines), {
      projection,
      writer,
      spool,
      buckets: null,
      work: new RunWork(),
      onRows: () => undefined,
    });
    const { difference, changed } = differenceInMemory(writer.rows, snapshot, {
      duplicates,
      full,
      updateOnly: mode === 'update',
    });
    const candidates = changed.map(({ known, ...staging }): Candidate => {
      const rejection = rejections.get(staging.key);
      return {
        ...staging,
        known: known !== null && (!full || mode === 'update'),
        inSnapshot: known !== null,
        payloadHash: full ? null : (known?.payloadHash ?? null),
        rejected: rejection === undefined ? null : { payloadHash: rejection.payloadHash, destination: 'here' },
        previouslyRejected: rejection !== undefined,
        suppression: null,
      };
    });
    const recorder = new MemoryRecorder(candidates, pageSize);
    const payloads = async (): Promise<ReadonlyMap<string, string>> => new Map();
    const kept = { codec: plainCodec, forgotten: null, destination: 'here', payloads, buckets: null };
    const input = { projection, formats, ...kept, stageResult: staged, difference, spool, onRows: () => undefined };
    const { counts } = await planRows(input, recorder);
    return { counts, recorder, changed, snapshot };
  } finally {
    await spool.close();
  }
}

describe('plan of any stage against any snapshot', () => {
  it('lets every row leave by one door', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async (scenery) => {
        const { counts, recorder, changed } = await planned(scenery);
        const { read, left } = rowTotals(counts);
        expect(read, 'read').to.equal(scenery.rows.length);
        expect(left, 'left').to.equal(read);
        const [keyless, ...pages] = recorder.pages;
        const keys = pages.flatMap((page) =>
          [page.changes, page.skips, page.invalid, page.refreshed].flat().map(({ key }) => key),
        );
        expect(keys.toSorted()).to.deep.equal(changed.map(({ key }) => key).toSorted());
        expect(keyless?.invalid.length).to.equal(
          scenery.rows.filter(([email]) => (emailKey(email ?? null) ?? 'x'.repeat(321)).length > 320).length,
        );
        expect(recorder.committed).to.deep.equal(counts);
      }),
      { numRuns: 300 },
    );
  });

  it('counts what it records', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async (scenery) => {
        const { counts, recorder } = await planned(scenery);
        const { pages } = recorder;
        const changes = pages.flatMap((page) => page.changes);
        expect(counts.inserts).to.equal(changes.filter(({ operation }) => operation === 'insert').length);
        expect(counts.updates).to.equal(changes.filter(({ operation }) => operation === 'update').length);
        expect(counts.invalid).to.equal(pages.flatMap((page) => page.invalid).length);
        for (const reason of ['already_in_snapshot', 'rejected_before'] as const) {
          const skips = pages.flatMap((page) => page.skips).filter((skip) => skip.reason === reason);
          expect(counts.skips[reason], reason).to.equal(skips.length);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('sends only what the mode wants and the snapshot does not hold', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async (scenery) => {
        const { recorder, snapshot } = await planned(scenery);
        const changes = recorder.pages.flatMap((page) => page.changes);
        expect(new Set(changes.map(({ key }) => key)).size, 'a person once').to.equal(changes.length);
        for (const { key, operation, payloadHash, payload } of changes) {
          expect(textHash(payload)).to.equal(payloadHash);
          if (scenery.mode !== 'upsert') expect(operation).to.equal(scenery.mode);
          if (scenery.full) continue;
          expect(operation).to.equal(snapshot.has(key) ? 'update' : 'insert');
          expect(payloadHash).not.to.equal(snapshot.get(key)?.payloadHash);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('has nothing to send when the snapshot holds the stage, however it is written', async () => {
    const spelling = fc.constantFrom('1', '1.0', '1.00', '01', '1e0');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(spelling, spelling), { maxLength: 20 }),
        fc.constantFrom(...modes),
        async (pairs, mode) => {
          const side = (at: 0 | 1): Row[] =>
            pairs.map((pair, index) => [`p${index}@example.test`, at === 0 ? 'Oslo' : ' Oslo\u00a0', pair[at]]);
          const { counts } = await planned({
            rows: side(1),
            before: side(0),
            refused: [],
            mode,
            duplicates: 'first',
            full: false,
            pageSize: 5,
          });
          expect([counts.unchanged, counts.inserts + counts.updates, counts.removed]).to.deep.equal([
            pairs.length,
            0,
            0,
          ]);
        },
      ),
      { numRuns: 50 },
    );
  });
});
