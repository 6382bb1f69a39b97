import { expect } from 'chai';
import { textHash } from '../../../../src/core/model/hash.ts';
import type {
  SavedPlanHeader,
  PeopleDrift,
  SnapshotVersion,
} from '../../../../src/core/model/saved-plan/saved-plan.ts';
import { driftError, unknownBatchesError, detectDrift } from '../../../../src/sync/approve/drift.ts';
import type { CurrentPlan, PlanDrift } from '../../../../src/sync/approve/drift.ts';
import { reportWith } from '../../../helpers/fixtures/run-report.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';

const mark: SnapshotVersion = { run: '4', by: 'run', people: 10, content: 'c', resyncBefore: '0' };
const { rows, skips } = reportWith();
const header: SavedPlanHeader = {
  panelsync: 'plan',
  version: 1,
  sync: 'panel',
  runId: '5',
  createdAt: '2026-01-01T00:00:00.000Z',
  mode: 'upsert',
  full: false,
  payloads: 'full',
  mapping: 'm',
  destination: 'd',
  model: textHash(defaultSync.model.sql),
  snapshot: mark,
  rows,
  skips,
};
const basis: CurrentPlan = {
  sync: defaultSync,
  payloads: 'full',
  mapping: 'm',
  destination: 'd',
  snapshot: mark,
  rows,
};
const same: PeopleDrift = { more: 0, less: 0, different: 0, sample: [] };

function moved(now: Partial<CurrentPlan>, people: PeopleDrift = same): Promise<PlanDrift | null> {
  return detectDrift(header, { ...basis, ...now }, () => Promise.resolve(people));
}

function snapshot(changes: Partial<SnapshotVersion>): Partial<CurrentPlan> {
  return { snapshot: { ...mark, ...changes } };
}

describe('what moved since a plan was kept', () => {
  it('is nothing when everything is as it was', async () => {
    expect(await moved({})).to.equal(null);
  });

  it('is nothing when another text of the model brings the same people', async () => {
    const sync = { ...defaultSync, model: { ...defaultSync.model, sql: 'select 1' } };
    expect(await moved({ sync })).to.equal(null);
    const people = { ...same, more: 1 };
    expect((await moved({ sync }, people))?.configuration).to.deep.equal(['the text of the model (models/people.sql)']);
    expect((await moved({}, people))?.configuration).to.deep.equal([]);
  });

  it('is the people, whatever became of them', async () => {
    for (const people of [
      { ...same, more: 2 },
      { ...same, less: 2 },
      { ...same, different: 2 },
      { ...same, more: 1, less: 1 },
      { ...same, more: 1, different: 1 },
    ]) {
      expect(await moved({}, people)).to.deep.equal({
        configuration: [],
        destination: null,
        snapshot: null,
        counts: [],
        people,
      });
    }
  });

  const mapping = 'the mapping, the rules for values, or the types of the mapped columns';
  const configurations: readonly (readonly [string, Partial<CurrentPlan>, readonly string[]])[] = [
    ['the mode', { sync: { ...defaultSync, mode: 'update' } }, ['mode (upsert then, update now)']],
    ['the mapping', { mapping: 'other' }, [mapping]],
    ['both', { mapping: 'x', sync: { ...defaultSync, mode: 'insert' } }, ['mode (upsert then, insert now)', mapping]],
    [
      'how payloads are kept, which changes the mapping with it',
      { payloads: 'hashed', mapping: 'x' },
      ['state.payload (full then, hashed now)'],
    ],
    [
      'how payloads are kept and the mode',
      { payloads: 'hashed', sync: { ...defaultSync, mode: 'update' } },
      ['mode (upsert then, update now)', 'state.payload (full then, hashed now)'],
    ],
  ];
  for (const [what, now, configuration] of configurations) {
    it(`is the configuration, and people are not compared then: ${what}`, async () => {
      const people = { ...same, more: 1 };
      expect(await moved(now, people)).to.deep.equal({
        configuration,
        destination: null,
        snapshot: null,
        counts: [],
        people: null,
      });
    });
  }

  it('is how many people left the model and how many rows are invalid, even where the same people would be sent', async () => {
    const agreed = { ...header, agreedRows: { removed: 0, invalid: 0 } };
    const counts = async (removed: number, invalid: number, now: Partial<CurrentPlan> = {}): Promise<unknown> =>
      (await detectDrift(agreed, { ...basis, rows: { removed, invalid }, ...now }, async () => same))?.counts;
    expect(await counts(0, 0)).to.equal(undefined);
    expect(await counts(6, 2)).to.deep.equal(['0 removed then, 6 now', '0 invalid then, 2 now']);
    expect(await counts(0, 1)).to.deep.equal(['0 invalid then, 1 now']);
    expect(await counts(6, 2, { mapping: 'other' }), 'other rules for values make other numbers').to.deep.equal([]);
    expect(await moved({ rows: { removed: 6, invalid: 2 } }), 'where the guards are asked again').to.equal(null);
  });

  it('is where it would go', async () => {
    expect((await moved({ destination: 'other' }))?.destination).to.equal(
      'another address or wire profile (destination.baseUrl, .wire)',
    );
  });

  const snapshots: readonly (readonly [Partial<SnapshotVersion>, string | null])[] = [
    [{ run: '7', people: 12, content: 'x' }, 'run 7 changed it'],
    [{ run: '7', by: 'baseline' }, 'baseline 7 changed it'],
    [{ run: null, people: 0 }, 'it has 0 people, and had 10 people'],
    [{ people: 1 }, 'it has 1 person, and had 10 people'],
    [{ content: 'x' }, 'it has the same people with other values (verify --repair)'],
    [{ resyncBefore: '5' }, 'everybody will be sent again (resync, run --full)'],
    [{ by: 'baseline' }, null],
  ];
  for (const [now, told] of snapshots) {
    it(`is told of the snapshot as: ${told ?? 'nothing'}`, async () => {
      expect((await moved(snapshot(now)))?.snapshot ?? null).to.equal(told);
    });
  }
});

describe('the errors of a plan that is applied', () => {
  it('name everything that moved, and nobody', () => {
    const people: PeopleDrift = {
      more: 1,
      less: 2,
      different: 3,
      sample: [{ email: 'ada@example.test', planned: null, now: 'insert', fields: {} }],
    };
    const drift = {
      configuration: ['one', 'two'],
      destination: 'three',
      snapshot: 'four',
      counts: ['five', 'six'],
      people,
    };
    const error = driftError(header, drift, 'Do something.');
    expect(error).to.include({
      code: 'plan_moved',
      recovery: 'fatal',
      message: [
        'The saved plan of run 5 no longer applies:',
        '  configuration: one; two',
        '  destination: three',
        '  snapshot: four',
        '  rows: five; six',
        '  people: 1 more, 2 fewer, 3 different',
      ].join('\n'),
      hint: 'Do something.',
    });
    const none = { configuration: [], destination: null, snapshot: null, counts: [], people: null };
    expect(driftError(header, { ...none, snapshot: 'four' }, '').message.split('\n')).to.have.length(2);
    expect(driftError(header, { ...none, destination: 'x' }, '').message.split('\n')).to.have.length(2);
  });

  it('count the batches that stand in the way', () => {
    expect(unknownBatchesError(1, 'panel')).to.include({
      code: 'plan_open_batches',
      recovery: 'fatal',
      message: '1 batch of an earlier run has an unknown outcome, so the snapshot is about to change.',
      hint: 'Nothing was sent. panelsync run panel (or panelsync resolve) settles that. Then plan again.',
    });
    expect(unknownBatchesError(2, 'panel').message).to.match(/^2 batches of earlier runs have an unknown/);
  });
});
