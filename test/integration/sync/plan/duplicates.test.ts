import { expect } from 'chai';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';

const first = { email: 'ada@example.test', first_name: 'First' };
const second = { email: ' ADA@example.test', first_name: 'Second' };
const bob = { email: 'bob@example.test', first_name: 'Bob' };

describe('duplicates', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(() => panel.reset());
  after(() => panel.close());

  it('first: the first row in the order of the model counts, new or known', async () => {
    await panel.setPeople([first, bob, second]);
    const inserted = await panel.run();
    expect([inserted.status, nonZeroRows(inserted)]).to.deep.equal([
      'succeeded',
      { read: 3, inserted: 2, duplicate: 1 },
    ]);
    expect(panel.people()['ada@example.test']).to.include({ first_name: 'First' });

    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 3, unchanged: 2, duplicate: 1 });

    await panel.setPeople([second, first, bob]);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 3, updated: 1, unchanged: 1, duplicate: 1 });
    expect(panel.people()['ada@example.test']).to.include({ first_name: 'Second' });
  });

  it('first: sees a known key that comes twice where nothing else is new', async () => {
    await panel.setPeople([first, bob]);
    await panel.run();
    await panel.setPeople([first, bob, first, first]);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 4, unchanged: 2, duplicate: 2 });
  });

  it('first: sees a key that comes twice while another one has left', async () => {
    await panel.setPeople([first, bob]);
    await panel.run();
    await panel.setPeople([first, second]);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 2, unchanged: 1, duplicate: 1, removed: 1 });
  });

  it('reject: none of the rows is sent, each key is on record, and nobody counts as removed', async () => {
    const sync = { duplicates: 'reject' as const };
    await panel.setPeople([first, bob]);
    await panel.run({ sync });
    await panel.setPeople([second, bob, first, { email: 'eve@example.test' }, { email: 'EVE@example.test' }]);
    const report = await panel.run({ sync });
    expect(nonZeroRows(report)).to.deep.equal({ read: 5, unchanged: 1, duplicate: 4 });
    const list = await (await panel.records()).rejections('panel', null);
    expect(list.map(({ key, email, by, code, message }) => [key, email, by, code, message])).to.deep.equal(
      ['ada@example.test', 'eve@example.test'].map((key) => [
        key,
        key,
        'validation',
        'duplicate_key',
        '2 rows of the model share this key',
      ]),
    );
    expect(panel.people()['ada@example.test']).to.include({ first_name: 'First' });

    await panel.setPeople([second, bob]);
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 2, unchanged: 1, updated: 1 });
    expect(await (await panel.records()).rejections('panel', null)).to.deep.equal([]);
  });

  it('reject: tells no e-mail where another column is the key', async () => {
    await panel.setPeople([first, first]);
    await panel.run({ sync: { duplicates: 'reject', mode: 'insert', key: 'first_name' } });
    const [rejection] = await (await panel.records()).rejections('panel', null);
    expect(rejection).to.include({ key: 'First', email: null, code: 'duplicate_key' });
  });

  for (const duplicates of ['first', 'reject'] as const) {
    for (const mode of ['upsert', 'insert', 'update'] as const) {
      it(`${duplicates}: a hundred thousand rows with one key make one person at most, in ${mode} mode`, async () => {
        await panel.setPeople([{ email: 'one@example.test', first_name: 'Known' }]);
        await panel.run();
        await panel.sql('truncate people');
        await panel.sql(
          `insert into people (email, first_name) select 'one@example.test', 'P' || n from generate_series(1, 100000) n`,
        );
        const report = await panel.run({ sync: { duplicates, mode } });
        const expected = mode === 'insert' ? { skipped: 1 } : { updated: 1 };
        const { duplicate, ...others } = report.rows;
        expect(duplicate).to.equal(duplicates === 'first' ? 99_999 : 100_000);
        expect(others).to.include(duplicates === 'first' ? expected : { updated: 0, skipped: 0, removed: 0 });
        expect(panel.hub.people.size).to.equal(1);
      });
    }
  }
});
