import { expect } from 'chai';
import type { SyncSettings } from '../../../src/core/settings.ts';
import { runUntilKilled } from '../../helpers/crash/run-until-killed.ts';
import { expectBalancedCounts } from '../../helpers/panel/balanced-counts.ts';
import { defaultSync } from '../../helpers/fixtures/default-sync.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel, WarehouseRow } from '../../helpers/panel/panel.ts';

const mapping: SyncSettings['mapping'] = {
  ...defaultSync.mapping,
  rules: { first_name: { write: 'once', onInvalid: 'reject' }, city: { write: 'fill', onInvalid: 'reject' } },
};

/** Batches of two: one was settled before the run dies, others are to come. */
const batchSize = 2;

const rows = (names: readonly string[], values: Omit<WarehouseRow, 'email'>): readonly WarehouseRow[] =>
  names.map((name) => ({ email: `${name}@example.test`, ...values }));

const withCity = ['p1', 'p2'];
const withoutCity = ['p3', 'p4', 'p5'];
const known = [...withCity, ...withoutCity];
const newcomers = ['q1', 'q2'];

describe('a run that is killed while researchers own fields', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  after(() => panel.close());

  for (const point of [
    'after the plan is recorded',
    'after a batch is recorded',
    'after the answer is read',
    'after a batch is settled',
  ] as const) {
    it(`${point}, leaves them theirs, and knows what they hold`, async () => {
      await panel.reset();
      const sync = { mapping };
      await panel.setPeople([
        ...rows(withCity, { first_name: 'First', city: 'Rome', plan: 'free' }),
        ...rows(withoutCity, { first_name: 'First', plan: 'free' }),
      ]);
      await panel.run({ sync });
      // Another sync stands for the researchers.
      await panel.setPeople(rows(known, { first_name: 'Theirs', plan: 'free' }));
      await panel.run({ sync: { name: 'researchers' } });

      const everybody = [...known, ...newcomers];
      await panel.setPeople(rows(everybody, { first_name: 'Ours', city: 'Oslo', plan: 'pro' }));
      await runUntilKilled(panel, { point, batchSize, sync: { mapping } });
      expect((await panel.run({ sync, destination: { batchSize } })).status).to.equal('succeeded');
      expect(panel.people()).to.deep.equal(
        Object.fromEntries(
          [
            ...rows(withCity, { first_name: 'Theirs', city: 'Rome', plan: 'pro' }),
            ...rows(withoutCity, { first_name: 'Theirs', city: 'Oslo', plan: 'pro' }),
            ...rows(newcomers, { first_name: 'Ours', city: 'Oslo', plan: 'pro' }),
          ].map((row) => [row.email, row]),
        ),
      );
      for (const run of await (await panel.records()).runs('panel', 10)) expectBalancedCounts(run);

      // Whoever has a city keeps it, as the snapshot knows from what was settled.
      await panel.setPeople(rows(everybody, { first_name: 'Again', city: 'Kyiv', plan: 'pro' }));
      panel.newRequests();
      const quiet = await panel.run({ sync });
      expect([panel.newRequests(), quiet.rows.unchanged]).to.deep.equal([0, everybody.length]);
    });
  }
});
