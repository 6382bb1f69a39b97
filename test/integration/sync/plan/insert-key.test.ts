import { expect } from 'chai';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';

const sync = { mode: 'insert' as const, key: 'note', mapping: defaultSync.mapping };

describe('insert mode with a key column', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel({ allowMissingEmail: true });
  });
  beforeEach(() => panel.reset());
  after(() => panel.close());

  it('sends people without an e-mail, each once', async () => {
    await panel.setPeople([
      { note: 'A', first_name: 'Ann' },
      { note: 'a', first_name: 'Ali' },
      { note: ' B ', first_name: 'Bob', email: 'bob@example.test' },
    ]);
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 3, inserted: 3 });
    expect(Object.keys(await panel.snapshot())).to.have.members(['A', 'a', 'B']);
    expect(Object.values(panel.people()).map((person) => person['first_name'])).to.deep.equal(['Ann', 'Ali', 'Bob']);
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 3, unchanged: 3 });
  });

  it('refuses rows without a key and rows with a bad e-mail, and names them by their key', async () => {
    await panel.setPeople([
      { note: null, first_name: 'Ann' },
      { note: 'K1', email: 'not an e-mail' },
      { note: 'K2', email: 'fine@example.test' },
    ]);
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 3, invalid: 2, inserted: 1 });
    const list = await (await panel.records()).rejections('panel', null);
    expect(list.map(({ key, email, code, message }) => [key, email, code, message])).to.deep.equal([
      ['(row 1)', null, 'key_missing', 'the row has no value in its key column "note"'],
      ['K1', 'not an e-mail', 'email_invalid', 'the e-mail is malformed'],
    ]);
  });

  it('takes rows with one key for one row', async () => {
    await panel.setPeople([
      { note: 'A', first_name: 'Ann' },
      { note: 'A', first_name: 'Ali' },
    ]);
    const report = await panel.run({ sync });
    expect(nonZeroRows(report)).to.deep.equal({ read: 2, duplicate: 1, inserted: 1 });
    const skips = await (await panel.records()).skips(report.runId, { duplicates: true, limit: null });
    expect(skips).to.deep.equal([{ key: 'A', email: null, reason: 'duplicate', rows: 2 }]);
  });

  it('keeps apart two keys with one e-mail when the Hub refuses the second', async () => {
    await panel.setPeople([
      { note: 'A', first_name: 'Ann', email: 'same@example.test' },
      { note: 'B', first_name: 'Ann', email: 'same@example.test' },
      { note: 'C', first_name: 'Cid' },
    ]);
    const report = await panel.run({ sync });
    expect(nonZeroRows(report)).to.deep.equal({ read: 3, inserted: 2, rejected: 1 });
    const [rejection] = await (await panel.records()).rejections('panel', null);
    expect(rejection).to.include({ key: 'B', email: 'same@example.test', by: 'destination' });
  });
});
