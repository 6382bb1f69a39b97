import { expect } from 'chai';
import type { ListedRow, RowListName, RowQuery } from '../../../src/core/ports/row-lists.ts';
import { rowSorts } from '../../../src/core/ports/row-lists.ts';
import { defaultSync } from '../../helpers/fixtures/default-sync.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

const everyRow: RowQuery = {
  reason: null,
  field: null,
  message: null,
  search: null,
  sort: 'key',
  descending: false,
  shuffledBy: null,
  limit: 100,
  after: null,
};

describe('lists of rows', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(async () => {
    await panel.reset();
    panel.hub.setOptions({ rejectedEmails: (email) => /^bad/i.test(email) });
  });
  after(() => panel.close());

  async function list(name: RowListName, query: Partial<RowQuery> = {}): Promise<readonly ListedRow[]> {
    return (await (await panel.records()).rows(name, { ...everyRow, ...query })).items;
  }

  /** All rows, read by the page. */
  async function pages(name: RowListName, query: Partial<RowQuery>): Promise<readonly string[]> {
    const records = await panel.records();
    const keys: string[] = [];
    for (let after: string | null | undefined; after !== null;) {
      const page = await records.rows(name, { ...everyRow, ...query, after: after ?? null });
      keys.push(...page.items.map(({ key }) => key));
      after = page.next;
    }
    return keys;
  }

  function keysOf(rows: readonly ListedRow[]): readonly string[] {
    return rows.map(({ key }) => key);
  }

  it('show each rejected row once, whatever they are sorted by and wherever a page ends', async () => {
    const people = Array.from({ length: 7 }, (_, index) => ({ email: `bad${index}@example.test` }));
    await panel.setPeople([
      ...people,
      { email: 'nonsense' },
      { email: 'more nonsense' },
      { email: 'ada@example.test' },
    ]);
    const { runId } = await panel.run();
    const names: readonly RowListName[] = [
      { list: 'rejections', runId },
      { list: 'rejections', sync: 'panel' },
    ];
    for (const name of names) {
      const all = keysOf(await list(name));
      expect(all).to.deep.equal([...people.map(({ email }) => email), 'more nonsense', 'nonsense']);
      for (const sort of rowSorts.rejections) {
        const [up, down] = [
          await pages(name, { sort, limit: 2 }),
          await pages(name, { sort, limit: 2, descending: true }),
        ];
        expect(up.toSorted(), sort).to.deep.equal(all);
        expect(down, sort).to.deep.equal(up.toReversed());
      }
    }
  });

  it('find rows by part of the e-mail or of the message, in any case, and by a group of reasons', async () => {
    await panel.setPeople([
      { email: 'BAD.One@example.test' },
      { email: 'bad_two@example.test' },
      { email: 'nonsense' },
      { email: 'ada@example.test' },
    ]);
    const { runId } = await panel.run();
    const name: RowListName = { list: 'rejections', runId };
    for (const [search, found] of [
      ['d.ONE@', ['bad.one@example.test']],
      ['Malformed', ['nonsense']],
      ['bad%', []],
      ['_two', ['bad_two@example.test']],
      ['DELIVERABLE', ['bad.one@example.test', 'bad_two@example.test']],
    ] as const) {
      expect(keysOf(await list(name, { search })), search).to.deep.equal(found);
    }
    const reasons = await (await panel.records()).reasons(name);
    expect(reasons).to.deep.equal([
      { reason: 'refused_422', field: 'email', message: 'Email is not deliverable', count: 2 },
      { reason: 'email_invalid', field: 'email', message: 'the e-mail is malformed', count: 1 },
    ]);
    for (const { count, ...group } of reasons) expect(await list(name, group)).to.have.length(count);
    expect(await (await panel.records()).reasons({ list: 'rejections', sync: 'panel' })).to.deep.equal(reasons);
  });

  it('are in an order that tells nothing of their keys where these may not be known', async () => {
    const people = Array.from({ length: 9 }, (_, index) => ({ email: `bad${index}@example.test` }));
    await panel.setPeople([...people, { email: 'ada@example.test' }]);
    await panel.run();
    const name: RowListName = { list: 'rejections', sync: 'panel' };
    const keys = people.map(({ email }) => email);
    for (const sort of rowSorts.rejections) {
      const shuffled = await pages(name, { sort, limit: 2, shuffledBy: 'a secret' });
      expect(shuffled.toSorted(), sort).to.deep.equal(keys);
      expect(shuffled, sort).to.not.deep.equal(keys);
      expect(await pages(name, { sort, limit: 2, shuffledBy: 'another secret' }), sort).to.not.deep.equal(shuffled);
    }
  });

  it('keep the rejections of a run after they are closed', async () => {
    await panel.setPeople([{ email: 'bad@example.test' }, { email: 'ada@example.test' }]);
    const { runId } = await panel.run();
    await panel.setPeople([{ email: 'ada@example.test' }]);
    await panel.run();
    const [row] = await list({ list: 'rejections', runId });
    expect(row).to.include({ key: 'bad@example.test', code: 'refused_422', open: false, attempts: null });
    expect(await list({ list: 'rejections', sync: 'panel' })).to.deep.equal([]);
    expect(await (await panel.records()).reasons({ list: 'rejections', runId })).to.have.length(1);
  });

  it('name people who left the model, with this run or before', async () => {
    await panel.setPeople([
      { email: 'ada@example.test' },
      { email: 'bob@example.test' },
      { email: 'eve@example.test' },
    ]);
    await panel.run();
    await panel.setPeople([{ email: 'bob@example.test' }, { email: 'eve@example.test' }]);
    const first = await panel.run();
    await panel.setPeople([{ email: 'eve@example.test' }]);
    const sync = { guards: { ...defaultSync.guards, maxRemovedPercent: 100 } };
    const second = await panel.run({ sync });
    const name: RowListName = { list: 'removed', runId: second.runId };
    expect(await list(name, { sort: 'since', descending: true })).to.deep.equal([
      {
        key: 'bob@example.test',
        email: 'bob@example.test',
        reason: 'left',
        renamedTo: null,
        fromRunId: second.runId,
        since: second.startedAt,
      },
      {
        key: 'ada@example.test',
        email: 'ada@example.test',
        reason: 'left_before',
        renamedTo: null,
        fromRunId: first.runId,
        since: first.startedAt,
      },
    ]);
    expect(await pages(name, { sort: 'since', limit: 1 })).to.deep.equal(['ada@example.test', 'bob@example.test']);
    const reasons = await (await panel.records()).reasons(name);
    expect(reasons.reduce((sum, { count }) => sum + count, 0)).to.equal(second.rows.removed);
  });

  it('name people with a new e-mail, found by either one', async () => {
    const sync = { identity: 'note' };
    const [ada, bob] = ['ada', 'bob'].map((name) => ({ email: `${name}@example.test`, note: name }));
    await panel.setPeople([{ ...ada }, { ...bob }]);
    await panel.run({ sync });
    await panel.setPeople([{ ...ada, email: 'zoe@example.test' }, { ...bob }]);
    const { runId } = await panel.run({ sync });
    const name: RowListName = { list: 'renames', runId };
    for (const search of ['ADA', 'zoe']) {
      const [renamed, ...others] = await list(name, { search });
      expect([{ ...renamed, at: '' }, others]).to.deep.equal([
        {
          key: 'zoe@example.test',
          email: 'zoe@example.test',
          previousEmail: 'ada@example.test',
          reason: 'kept',
          runId,
          at: '',
        },
        [],
      ]);
    }
    const [left] = await list({ list: 'removed', runId });
    expect(left).to.include({ reason: 'renamed', renamedTo: 'zoe@example.test' });
    await panel.sql(`delete from panelsync.renames`);
    expect(await (await panel.records()).reasons(name)).to.deep.equal([
      {
        reason: 'not_listed',
        field: null,
        message: 'People who were forgotten, or who were inserted again since.',
        count: 1,
      },
    ]);
  });

  it('tell skips and duplicates apart, and count what retention has removed', async () => {
    await panel.setPeople([
      { email: 'ada@example.test' },
      { email: 'ADA@example.test' },
      { email: 'bob@example.test' },
    ]);
    const { runId } = await panel.run({ sync: { mode: 'update' } });
    expect(keysOf(await list({ list: 'duplicates', runId }, { sort: 'rows' }))).to.deep.equal(['ada@example.test']);
    expect(keysOf(await list({ list: 'skips', runId }))).to.deep.equal(['ada@example.test', 'bob@example.test']);
    const records = await panel.records();
    const skipped = { reason: 'not_in_snapshot', field: null, message: null, count: 2 };
    expect(await records.reasons({ list: 'skips', runId })).to.deep.equal([skipped]);
    await panel.sql('delete from panelsync.skips');
    const message = 'Rows that retention.skips has removed.';
    expect(await records.reasons({ list: 'skips', runId })).to.deep.equal([
      { reason: 'not_listed', field: null, message, count: 2 },
    ]);
  });

  it('name deferred rows, and count those that were never part of a batch', async () => {
    await panel.setPeople([
      { email: 'bad@example.test' },
      { email: 'ada@example.test' },
      { email: 'bob@example.test' },
    ]);
    await panel.run();
    panel.hub.setOptions({ pointerFormat: 'none' });
    await panel.setPeople([
      { email: 'bad2@example.test' },
      { email: 'new@example.test' },
      { email: 'ada@example.test', first_name: 'Ada' },
    ]);
    const report = await panel.run({ destination: { maxSplitRequests: 0 } });
    const name: RowListName = { list: 'deferred', runId: report.runId };
    const rows = await list(name, { sort: 'operation' });
    expect(rows.map((row) => [row.key, 'operation' in row && row.operation])).to.deep.equal([
      ['bad2@example.test', 'insert'],
      ['new@example.test', 'insert'],
      ['ada@example.test', 'update'],
    ]);
    const reasons = await (await panel.records()).reasons(name);
    expect(reasons.reduce((sum, { count }) => sum + count, 0)).to.equal(report.rows.unsent);
    await panel.sql('update panelsync.runs set unsent = unsent + 2, read = read + 2 where id = $1', [report.runId]);
    const unlisted = (await (await panel.records()).reasons(name)).find(({ reason }) => reason === 'not_listed');
    expect(unlisted?.count).to.equal(2);
    await panel.sql("update panelsync.outbox set operation = 'mark' where run_id = $1 and key = 'new@example.test'", [
      report.runId,
    ]);
    expect(keysOf(await list(name)), 'marks are no rows').to.deep.equal(['ada@example.test', 'bad2@example.test']);
  });
});
