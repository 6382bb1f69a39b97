import { expect } from 'chai';
import { defaultSync } from '../../helpers/fixtures/default-sync.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

describe('the reasons of a report', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel({ rejectedEmails: (email) => email.startsWith('bad') });
  });
  beforeEach(() => panel.reset());
  after(() => panel.close());

  const guards = { ...defaultSync.guards, maxInvalidPercent: 100 };
  const malformed = { reason: 'email_invalid', field: 'email', message: 'the e-mail is malformed' };
  const refused = { reason: 'refused_422', field: 'email', message: 'Email is not deliverable' };

  it('are the most frequent of rows that did not arrive, in this run or since an earlier one', async () => {
    panel.hub.setOptions({ rejectedEmails: (email) => email.startsWith('bad') });
    const people = [
      ...Array.from({ length: 3 }, (_, at) => ({ email: `bad${at}@example.test` })),
      ...['a b', 'c d'].map((email) => ({ email })),
      { email: 'ada@example.test' },
      { email: 'ADA@example.test' },
    ];
    await panel.setPeople(people);
    const first = await panel.run({ sync: { guards } });
    expect(first.reasons).to.deep.equal([
      { ...refused, count: 3 },
      { ...malformed, count: 2 },
    ]);
    await panel.setPeople([...people.slice(0, 4), { email: 'ada@example.test' }]);
    await panel.sql(`insert into panelsync.suppressions (sync_id, key, reason, run_id)
      select id, 'eve@example.test', 'deleted_in_hub', 1 from panelsync.syncs where name = 'panel'`);
    await panel.setPeople([...people.slice(0, 4), { email: 'ada@example.test' }, { email: 'eve@example.test' }]);
    const { report: plan } = await panel.plan({ sync: { guards } });
    expect(plan.reasons).to.deep.equal([
      { reason: 'rejected_before', field: null, message: null, count: 3 },
      { ...malformed, count: 1 },
      { reason: 'deleted_in_hub', field: null, message: null, count: 1 },
    ]);
    const second = await panel.run({ sync: { guards } });
    expect([second.rows.skipped, second.reasons]).to.deep.equal([
      4,
      [
        { ...refused, count: 3 },
        { reason: 'deleted_in_hub', field: null, message: null, count: 1 },
        { ...malformed, count: 1 },
      ],
    ]);
  });

  it('are none where everybody arrived, or the mode sends nobody', async () => {
    await panel.setPeople([{ email: 'ada@example.test' }, { email: 'ADA@example.test' }]);
    expect((await panel.run()).reasons).to.deep.equal([]);
    expect((await panel.run({ sync: { name: 'other', mode: 'update' } })).reasons).to.deep.equal([]);
  });

  it('count all rows without a key, of which only the first are recorded', async () => {
    await panel.setPeople([{ email: 'ada@example.test' }, ...Array.from({ length: 1002 }, () => ({ email: '' }))]);
    const missing = { reason: 'email_missing', field: 'email', message: 'the row has no e-mail', count: 1000 };
    const unlisted = { reason: 'not_listed', field: null, message: 'the row has no usable key', count: 2 };
    expect((await panel.plan({ sync: { guards } })).report.reasons).to.deep.equal([missing, unlisted]);
    expect((await panel.run({ sync: { guards } })).reasons).to.deep.equal([missing, unlisted]);
  });
});
