import { expect } from 'chai';
import type { Mode } from '../../../../src/core/model/terms.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { FlatPerson, TestPanel } from '../../../helpers/panel/panel.ts';

const ada = { email: 'ada@example.test', first_name: 'Ada', city: 'London', plan: 'pro' };
const bob = { email: 'bob@example.test', first_name: 'Bob', city: 'Paris', plan: 'free' };
const eve = { email: 'eve@example.test', first_name: 'Eve', city: 'Rome', plan: 'pro' };

function byEmail(...people: readonly FlatPerson[]): object {
  return Object.fromEntries(people.map((person) => [person['email'], person]));
}

describe('modes', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(() => panel.reset());
  after(() => panel.close());

  async function expectPanel(...people: readonly FlatPerson[]): Promise<void> {
    expect(panel.people(), 'the Hub').to.deep.equal(byEmail(...people));
    expect(await panel.snapshot(), 'the snapshot').to.deep.equal(byEmail(...people));
  }

  /** A snapshot that knows people, as a run in upsert mode leaves it. */
  async function deliverToHub(...people: readonly (typeof ada)[]): Promise<void> {
    await panel.setPeople(people);
    await panel.run();
    panel.newRequests();
  }

  it('upsert follows the model from empty to filled, changed, removed and back', async () => {
    await panel.setPeople([]);
    const empty = await panel.run();
    expect([empty.status, nonZeroRows(empty), panel.newRequests()]).to.deep.equal(['succeeded', {}, 0]);

    await panel.setPeople([ada, bob]);
    const first = await panel.run();
    expect([first.status, nonZeroRows(first), panel.newRequests()]).to.deep.equal([
      'succeeded',
      { read: 2, inserted: 2 },
      1,
    ]);
    expect(first.requests).to.deep.equal({ sent: 1, retried: 0, rateLimited: 0, split: 0 });
    await expectPanel(ada, bob);

    const same = await panel.run();
    expect([same.status, nonZeroRows(same), panel.newRequests()]).to.deep.equal([
      'succeeded',
      { read: 2, unchanged: 2 },
      0,
    ]);

    const relocated = { ...bob, city: 'Lyon' };
    await panel.setPeople([relocated, ada, eve]);
    const changed = await panel.run();
    expect(nonZeroRows(changed)).to.deep.equal({ read: 3, unchanged: 1, inserted: 1, updated: 1 });
    expect([changed.status, panel.newRequests()]).to.deep.equal(['succeeded', 1]);
    await expectPanel(ada, relocated, eve);

    await panel.setPeople([ada]);
    const removed = await panel.run();
    expect([nonZeroRows(removed), panel.newRequests()]).to.deep.equal([{ read: 1, unchanged: 1, removed: 2 }, 0]);
    await expectPanel(ada, relocated, eve);

    await panel.setPeople([ada, bob, eve]);
    const back = await panel.run();
    expect([nonZeroRows(back), panel.newRequests()]).to.deep.equal([{ read: 3, unchanged: 2, updated: 1 }, 1]);
    await expectPanel(ada, bob, eve);
    expect(panel.hub.counters.applied.get('ada@example.test')).to.equal(1);
  });

  it('insert sends new people once and leaves known ones alone', async () => {
    await panel.setPeople([ada, bob]);
    const sync = { mode: 'insert' as const };
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 2, inserted: 2 });

    await panel.setPeople([{ ...ada, city: 'Oxford' }, bob, eve]);
    const changed = await panel.run({ sync });
    expect(nonZeroRows(changed)).to.deep.equal({ read: 3, inserted: 1, unchanged: 1, skipped: 1 });
    expect(changed.skips.already_in_snapshot).to.equal(1);
    await expectPanel(ada, bob, eve);
    panel.newRequests();

    const again = await panel.run({ sync });
    expect([nonZeroRows(again), panel.newRequests()]).to.deep.equal([{ read: 3, unchanged: 2, skipped: 1 }, 0]);

    await panel.setPeople([bob]);
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 1, unchanged: 1, removed: 2 });
    await expectPanel(ada, bob, eve);
  });

  it('update sends changes of known people and skips everybody else', async () => {
    await deliverToHub(ada, bob);
    const sync = { mode: 'update' as const };
    await panel.setPeople([{ ...ada, plan: 'free' }, bob, eve]);
    const changed = await panel.run({ sync });
    expect(nonZeroRows(changed)).to.deep.equal({ read: 3, updated: 1, unchanged: 1, skipped: 1 });
    expect(changed.skips.not_in_snapshot).to.equal(1);
    await expectPanel({ ...ada, plan: 'free' }, bob);
    panel.newRequests();

    await panel.setPeople([eve]);
    const removed = await panel.run({ sync });
    expect([nonZeroRows(removed), panel.newRequests()]).to.deep.equal([{ read: 1, skipped: 1, removed: 2 }, 0]);
  });

  it('tells the way out when update mode knows hardly anybody', async () => {
    await panel.setPeople([ada, bob]);
    const report = await panel.run({ sync: { mode: 'update' } });
    expect([report.status, nonZeroRows(report), panel.newRequests()]).to.deep.equal([
      'succeeded',
      { read: 2, skipped: 2 },
      0,
    ]);
    expect(report.notes.join()).to.match(/2 of 2 rows .* baseline .* upsert mode/);
  });

  const modes: readonly Mode[] = ['upsert', 'insert', 'update'];
  for (const mode of modes) {
    it(`plans in ${mode} mode exactly what the run then does, and sends nothing for it`, async () => {
      await deliverToHub(ada, bob);
      await panel.setPeople([{ ...ada, city: 'Oxford' }, eve]);
      const { report: planned, sample } = await panel.plan({ sync: { mode } });
      expect([planned.trigger, panel.newRequests()]).to.deep.equal(['plan', 0]);
      const ran = await panel.run({ sync: { mode } });
      expect(planned.rows).to.deep.equal(ran.rows);
      expect(planned.skips).to.deep.equal(ran.skips);
      expect(sample.length).to.equal(ran.rows.inserted + ran.rows.updated);
    });
  }

  it('shows in a plan what would change, field by field', async () => {
    await deliverToHub(ada);
    await panel.setPeople([{ ...ada, city: 'Oxford', plan: 'free' }, bob]);
    const { sample } = await panel.plan();
    expect(sample).to.deep.equal([
      {
        operation: 'update',
        email: ada.email,
        fields: { city: ['London', 'Oxford'], 'characteristics.plan': ['pro', 'free'] },
      },
      {
        operation: 'insert',
        email: bob.email,
        fields: {
          email: [null, bob.email],
          first_name: [null, 'Bob'],
          city: [null, 'Paris'],
          'characteristics.plan': [null, 'free'],
        },
      },
    ]);
  });

  it('sends hundreds of people in batches of a hundred, several at a time, each once', async () => {
    await panel.sql(
      `insert into people (email, first_name) select 'p' || n || '@example.test', 'P' || n from generate_series(1, 1234) n`,
    );
    const report = await panel.run({ destination: { concurrency: 4 } });
    expect([nonZeroRows(report), report.requests.sent]).to.deep.equal([{ read: 1234, inserted: 1234 }, 13]);
    expect([panel.hub.people.size, panel.hub.counters.repeated]).to.deep.equal([1234, 0]);
    expect(Object.keys(await panel.snapshot())).to.have.length(1234);
  });
});
