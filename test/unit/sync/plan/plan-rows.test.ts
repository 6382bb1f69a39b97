import { expect } from 'chai';
import { createForgottenPeople } from '../../../../src/core/model/forgotten-people.ts';
import type { Candidate, InvalidRow, PlanCounts } from '../../../../src/core/ports/run/plan-store.ts';
import { textHash } from '../../../../src/core/model/hash.ts';
import { canonicalText, toParticipant } from '../../../../src/core/model/participant.ts';
import type { SyncSettings } from '../../../../src/core/settings.ts';
import { zeroSkipCounts } from '../../../../src/core/model/terms.ts';
import { formats } from '../../../../src/core/formats.ts';
import { openSpool } from '../../../../src/lib/spool.ts';
import { nothingEqual } from '../../../../src/sync/plan/stage/bucket-comparison.ts';
import { planRows } from '../../../../src/sync/plan/plan-rows.ts';
import type { PlanRowsOptions } from '../../../../src/sync/plan/plan-rows.ts';
import type { PayloadCodec } from '../../../../src/core/model/payload-codec.ts';
import { hashedCodec, keyedCodec, plainCodec } from '../../../helpers/fixtures/payload-codecs.ts';
import { MemoryRecorder } from '../../../helpers/memory/plan.ts';
import { columnsOf, lineOf, projectionOf, valuesOf } from '../../../helpers/fixtures/projection.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';

type Row = readonly [string | null, string | null, string | null];

const columns = columnsOf(['email', 'city', 'seats'], { seats: 'number' });
const mapping: SyncSettings['mapping'] = {
  fields: { email: 'email', city: 'city' },
  characteristics: { seats: { column: 'seats', type: null } },
};
const ada: Row = ['ada@example.test', 'London', '3'];

function hashOf(row: Row, sync: Partial<SyncSettings> = {}): string {
  const projection = projectionOf({ mapping, ...sync }, columns);
  return textHash(canonicalText(toParticipant(valuesOf(projection, row), projection, formats).payload));
}

const newcomer: Omit<Candidate, 'key' | 'position'> = {
  rowHash: 'row-hash',
  known: false,
  inSnapshot: false,
  payloadHash: null,
  rejected: null,
  previouslyRejected: false,
  suppression: null,
};

interface Scene {
  readonly sync?: Partial<SyncSettings>;
  readonly input?: Partial<PlanRowsOptions>;
}

/** Plans rows, each with what the state knows of it. */
async function planned(
  rows: readonly (readonly [Row, Partial<Candidate>])[],
  { sync = {}, input = {} }: Scene = {},
): Promise<{ readonly recorder: MemoryRecorder; readonly counts: PlanCounts }> {
  const projection = projectionOf({ mapping, ...sync }, columns);
  const spool = await openSpool();
  try {
    let position = 0;
    const candidates: Candidate[] = [];
    for (const [row, standing] of rows) {
      const line = Buffer.from(`${lineOf(projection, row)}\n`);
      candidates.push({ ...newcomer, key: row[0] ?? '', position, ...standing });
      await spool.append(line);
      position += line.length;
    }
    const recorder = new MemoryRecorder(candidates, 2);
    const { counts } = await planRows(
      {
        projection,
        formats,
        codec: plainCodec,
        forgotten: null,
        destination: 'here',
        stageResult: {
          read: rows.length,
          staged: rows.length,
          invalidKeys: 0,
          invalidKeyRows: [],
          equal: nothingEqual,
        },
        difference: {
          duplicate: 0,
          unchanged: 0,
          notInSnapshot: 0,
          forgotten: 0,
          candidates: rows.length,
          removed: 0,
          snapshot: 0,
        },
        spool,
        payloads: async () => new Map<string, string>(),
        buckets: null,
        onRows: () => undefined,
        ...input,
      },
      recorder,
    );
    return { recorder, counts };
  } finally {
    await spool.close();
  }
}

describe('plan', () => {
  it('inserts who is new and updates who differs, with the payload to be sent', async () => {
    const { recorder } = await planned([
      [ada, {}],
      [['bob@example.test', null, '1'], { known: true, payloadHash: hashOf(ada), previouslyRejected: true }],
    ]);
    expect(recorder.pages.flatMap(({ changes }) => changes)).to.deep.equal([
      {
        key: 'ada@example.test',
        operation: 'insert',
        rowHash: 'row-hash',
        payloadHash: hashOf(ada),
        payload: '{"fields":{"email":"ada@example.test","city":"London"},"characteristics":{"seats":3}}',
        previouslyRejected: false,
      },
      {
        key: 'bob@example.test',
        operation: 'update',
        rowHash: 'row-hash',
        payloadHash: hashOf(['bob@example.test', null, '1']),
        payload: '{"fields":{"email":"bob@example.test"},"characteristics":{"seats":1}}',
        previouslyRejected: true,
      },
    ]);
  });

  it('moves only the row hash of somebody whose payload is the same', async () => {
    const written: Row = [' ada@example.test', 'London\u00a0', '3.00'];
    const { recorder, counts } = await planned([[written, { known: true, payloadHash: hashOf(ada), rowHash: 'new' }]]);
    expect(recorder.pages.at(-1)).to.deep.include({
      changes: [],
      refreshed: [{ key: ' ada@example.test', rowHash: 'new', restored: null }],
    });
    expect([counts.unchanged, counts.updates]).to.deep.equal([1, 0]);
  });

  it('writes the payload again of somebody unchanged who was kept as hashes, and only then', async () => {
    const text = '{"fields":{"email":"ada@example.test","city":"London"},"characteristics":{"seats":3}}';
    const key = 'ada@example.test';
    const restored = async (stored: PayloadCodec, keeping: PayloadCodec): Promise<unknown> => {
      const standing = { known: true, payloadHash: stored.payloadHash(key, text) };
      const { recorder } = await planned([[ada, standing]], { input: { codec: keeping } });
      const [row] = recorder.pages.flatMap(({ refreshed }) => refreshed);
      return row?.restored;
    };
    expect(await restored(hashedCodec, keyedCodec)).to.deep.equal({ payloadHash: textHash(text), payload: text });
    expect(await restored(plainCodec, keyedCodec)).to.equal(null);
    expect(await restored(plainCodec, hashedCodec)).to.equal(null);
  });

  it('leaves out the forgotten, and counts them', async () => {
    const people = createForgottenPeople(new Set([keyedCodec.personHash('email', 'ada@example.test')]), keyedCodec, {
      key: null,
    });
    const bob: Row = ['bob@example.test', 'Oslo', '1'];
    const { recorder, counts } = await planned(
      [
        [ada, {}],
        [bob, {}],
      ],
      { input: { forgotten: people } },
    );
    expect([counts.skips.forgotten, counts.inserts]).to.deep.equal([1, 1]);
    expect(recorder.pages.flatMap(({ skips }) => skips)).to.deep.equal([]);
  });

  it('knows the forgotten by key and by e-mail where rows have another key', async () => {
    const by = (kind: 'email' | 'key', value: string): PlanRowsOptions['forgotten'] =>
      createForgottenPeople(new Set([keyedCodec.personHash(kind, value)]), keyedCodec, { key: 'city' });
    const inserts = async (forgotten: PlanRowsOptions['forgotten']): Promise<number> => {
      const scene = { sync: { key: 'city', mode: 'insert' as const }, input: { forgotten } };
      return (await planned([[ada, { key: 'london' }]], scene)).counts.inserts;
    };
    expect(await inserts(by('key', 'london'))).to.equal(0);
    expect(await inserts(by('email', 'ada@example.test'))).to.equal(0);
    expect(await inserts(by('email', 'bob@example.test'))).to.equal(1);
  });

  it('sends somebody again of whom the payload is not taken to be known', async () => {
    const { counts } = await planned([[ada, { known: true, payloadHash: null }]]);
    expect([counts.unchanged, counts.updates]).to.deep.equal([0, 1]);
  });

  const rejected = { payloadHash: hashOf(ada), destination: 'here' };
  const standings: readonly [string, SyncSettings['mode'], Partial<Candidate>, Row, Partial<PlanCounts['skips']>][] = [
    ['insert mode knows already', 'insert', { known: true, payloadHash: 'x' }, ada, { already_in_snapshot: 1 }],
    ['update mode does not know', 'update', { known: false }, ada, { not_in_snapshot: 1 }],
    ['was refused just so', 'upsert', { rejected, previouslyRejected: true }, ada, { rejected_before: 1 }],
    [
      'was refused just so and is known',
      'upsert',
      { known: true, payloadHash: 'x', rejected },
      ada,
      { rejected_before: 1 },
    ],
    ['belongs to somebody deleted in the Hub', 'upsert', { suppression: 'deleted_in_hub' }, ada, { deleted_in_hub: 1 }],
    ['belongs to somebody forgotten', 'insert', { suppression: 'forgotten' }, ada, { forgotten: 1 }],
    ['is part of a batch held as unknown', 'insert', { suppression: 'outcome_unknown' }, ada, { outcome_unknown: 1 }],
    ['was refused elsewhere', 'upsert', { rejected: { ...rejected, destination: 'there' } }, ada, {}],
    ['was refused in another form', 'upsert', { rejected }, ['ada@example.test', 'Paris', '3'], {}],
    [
      'the mode does not want, though it is invalid',
      'insert',
      { known: true },
      ['ada@example.test', 'x\u0000', 'NaN'],
      { already_in_snapshot: 1 },
    ],
  ];
  for (const [name, mode, standing, row, skips] of standings) {
    it(`${Object.keys(skips).length > 0 ? 'skips' : 'sends'} a row that ${name}`, async () => {
      const { recorder, counts } = await planned([[row, standing]], { sync: { mode } });
      expect(counts.skips).to.deep.equal({ ...zeroSkipCounts, ...skips });
      expect(recorder.pages.flatMap((page) => page.skips.map(({ reason }) => reason))).to.deep.equal(
        Object.keys(skips),
      );
      expect(counts.inserts + counts.updates).to.equal(Object.keys(skips).length > 0 ? 0 : 1);
    });
  }

  it('finds all faults of a row, and takes what is missing for no change', async () => {
    const faulty: Row = ['ada@example.test', `Lon\u0007don${'x'.repeat(255)}`, 'NaN'];
    const partly = hashOf(['ada@example.test', null, null]);
    const rows: [Row, Partial<Candidate>][] = [
      [faulty, {}],
      [['ada@example.test', null, 'NaN'], { known: true, payloadHash: partly }],
      [['ada@example.test', null, 'NaN'], { rejected: { payloadHash: partly, destination: 'here' } }],
    ];
    const { recorder, counts } = await planned(rows);
    const invalid: InvalidRow[] = recorder.pages.flatMap((page) => page.invalid);
    expect(counts.invalid).to.equal(3);
    expect(invalid.map(({ email, errors: faults }) => [email, faults.map(({ code }) => code)])).to.deep.equal([
      ['ada@example.test', ['not_finite', 'too_long', 'control_character']],
      ['ada@example.test', ['not_finite']],
      ['ada@example.test', ['not_finite']],
    ]);
  });

  it('tells of an e-mail column that cannot be sent only that', async () => {
    const mail = { mapping: { fields: { email: 'seats' }, characteristics: {} } };
    const json = columnsOf(['email', 'city', 'seats'], { seats: 'json' });
    const projection = projectionOf(mail, json);
    const { recorder } = await planned([[[null, null, '{}'], { key: '{}' }]], { input: { projection }, sync: mail });
    expect(
      recorder.pages.flatMap((page) => page.invalid.flatMap(({ errors: faults }) => faults.map(({ code }) => code))),
    ).to.deep.equal(['unsupported_type']);
  });

  it('needs no e-mail where another column is the key', async () => {
    const sync = { ...defaultSync, mode: 'insert' as const, key: 'seats' };
    const { counts } = await planned([[[null, 'London', '3'], { key: '3' }]], { sync: { ...sync, mapping } });
    expect([counts.inserts, counts.invalid]).to.deep.equal([1, 0]);
  });

  it('counts what the stage and the difference found, and lists rows without a key first', async () => {
    const listed: readonly InvalidRow[] = [{ key: '(row 2)', email: null, errors: [] }];
    const found = { duplicate: 4, unchanged: 5, notInSnapshot: 7, forgotten: 2, candidates: 1, removed: 6 };
    const difference = { ...found, snapshot: 100 };
    const { recorder, counts } = await planned([[ada, {}]], {
      input: {
        stageResult: { read: 20, staged: 17, invalidKeys: 3, invalidKeyRows: listed, equal: nothingEqual },
        difference,
      },
    });
    expect(counts).to.deep.equal({
      read: 20,
      duplicate: 4,
      invalid: 3,
      unchanged: 5,
      skips: { ...zeroSkipCounts, not_in_snapshot: 7, forgotten: 2 },
      inserts: 1,
      updates: 0,
      removed: 6,
      renames: 0,
      marks: 0,
      restores: 0,
    });
    const empty = { changes: [], skips: [], refreshed: [], forgotten: 0, identities: [] };
    expect(recorder.pages[0]).to.deep.equal({ ...empty, invalid: listed });
    expect(recorder.committed).to.deep.equal(counts);
  });

  it('shows every page, that of the rows without a key first, and how far it is', async () => {
    const seen: string[] = [];
    await planned(
      ['a', 'b', 'c'].map((name) => [[`${name}@example.test`, null, null], {}]),
      {
        input: {
          onRows: (done) => seen.push(`${done} done`),
          onPage: async (page) => void seen.push(`page of ${page.changes.length}`),
        },
      },
    );
    expect(seen).to.deep.equal(['page of 0', 'page of 2', '2 done', 'page of 1', '3 done']);
  });
});
