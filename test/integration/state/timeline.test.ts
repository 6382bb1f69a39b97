import { expect } from 'chai';
import { timelineOf } from '../../../src/core/model/timeline/timeline.ts';
import type { TimelineEvent } from '../../../src/core/model/timeline/timeline.ts';
import { baseline } from '../../helpers/panel/audit.ts';
import { hashedCodec, plainCodec } from '../../helpers/fixtures/payload-codecs.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

const ada = { email: 'Ada@Example.test', first_name: 'Ada', city: 'London' };
const bob = { email: 'bob@example.test', city: 'Paris' };
const update = { mode: 'update' as const };

describe('the life of a person', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople([ada, bob]);
  });
  after(() => panel.close());

  async function timeline(email = 'ada@example.test', codec = plainCodec): Promise<readonly TimelineEvent[]> {
    const person = { email, key: null, sync: 'panel' };
    const [records] = await (await panel.records()).timelines(person);
    return records === undefined ? [] : timelineOf(records, codec);
  }

  /** Each event in a few words: `2-4 unchanged`. */
  async function timelineSummary(email?: string): Promise<readonly string[]> {
    return (await timeline(email)).map((event) => {
      const runs = 'runs' in event ? [...new Set([event.firstRun, event.lastRun])].join('-') : '';
      const outcome = 'outcome' in event ? ` ${event.outcome}` : '';
      const reason = 'reason' in event ? ` ${event.reason}` : '';
      return `${runs} ${event.event}${outcome}${reason}`.trim();
    });
  }

  it('tells when somebody was sent, what changed, and for how long nothing did', async () => {
    await panel.run();
    await panel.run();
    await panel.plan();
    await panel.run();
    await panel.setPeople([{ ...ada, city: 'Oxford' }, bob]);
    await panel.run();
    await panel.run();
    expect(await timelineSummary()).to.deep.equal([
      '1 insert accepted',
      '2-4 unchanged',
      '5 update accepted',
      '6 unchanged',
    ]);
    const [insert, , changed] = await timeline();
    expect(insert).to.deep.include({
      fields: { email: [null, ada.email], first_name: [null, 'Ada'], city: [null, 'London'] },
    });
    expect(changed).to.deep.include({ fields: { city: ['London', 'Oxford'] }, faults: [] });
    expect(changed).to.have.nested.property('batches[0]').that.includes({ number: 1, state: 'accepted', status: 200 });
    expect(changed).to.have.nested.property('batches[0].requestId').that.is.a('string');
    expect(await timelineSummary(bob.email)).to.deep.equal(['1 insert accepted', '2-6 unchanged']);
  });

  it('tells who left the model and who came back, once for as long as it lasted', async () => {
    await panel.run();
    await panel.setPeople([bob]);
    for (const _ of [2, 3, 4]) await panel.run();
    expect(await panel.sql('select from panelsync.absences')).to.have.length(1);
    await panel.setPeople([ada, bob]);
    await panel.run();
    await panel.setPeople([bob]);
    await panel.run();
    expect(await timelineSummary()).to.deep.equal(['1 insert accepted', '2-4 removed', '5 unchanged', '6 removed']);
    expect(await timelineSummary(bob.email)).to.deep.equal(['1 insert accepted', '2-6 unchanged']);
  });

  it('tells why a row was invalid, in which words and until when', async () => {
    await panel.run();
    const long = 'x'.repeat(300);
    await panel.setPeople([{ ...ada, city: long }, bob]);
    await panel.run();
    await panel.run();
    await panel.setPeople([{ ...ada, city: long, first_name: long }, bob]);
    await panel.run();
    await panel.setPeople([{ ...ada, city: 'Oxford' }, bob]);
    await panel.run();
    expect(await timelineSummary()).to.deep.equal([
      '1 insert accepted',
      '2-3 invalid',
      '4 invalid',
      '5 update accepted',
    ]);
    const [, first, second] = await timeline();
    expect(first).to.have.nested.property('faults[0].field', 'city');
    expect(second).to.have.property('faults').with.length(2);
  });

  it("tells the Hub's words when it refused somebody, and why they were not sent after that", async () => {
    panel.hub.setOptions({ rejectedEmails: ['ada@example.test'] });
    await panel.run();
    await panel.run();
    await (await panel.records()).retry('panel', null);
    await panel.run();
    panel.hub.setOptions({ rejectedEmails: [] });
    await panel.setPeople([{ ...ada, city: 'Oxford' }, bob]);
    await panel.run();
    expect(await timelineSummary()).to.deep.equal([
      '1 insert rejected',
      '2 skipped rejected_before',
      '3 insert rejected',
      '4 insert accepted',
    ]);
    const [refused] = await timeline();
    expect(refused).to.have.nested.property('faults[0].message').that.matches(/\S/);
    expect(refused).to.have.property('batches').with.length(1);
  });

  it('tells what the mode skipped, and rows that shared the key', async () => {
    await panel.run({ sync: update });
    await panel.run({ sync: update });
    await panel.setPeople([ada, ada, bob]);
    await panel.run();
    await panel.setPeople([{ ...ada, city: 'Oxford' }]);
    await panel.run({ sync: { mode: 'insert' } });
    expect(await timelineSummary()).to.deep.equal([
      '1-2 skipped not_in_snapshot',
      '3 insert accepted',
      '3 duplicate',
      '4 skipped already_in_snapshot',
    ]);
  });

  it('tells what nobody knows, and how it was found out', async () => {
    panel.hub.setFaults({ kind: 'cut', when: 'after', times: 1 });
    await panel.run({ destination: { maxAttempts: 1 } });
    expect(await timelineSummary()).to.deep.equal(['1 insert unknown']);
    await panel.run();
    expect(await timelineSummary()).to.deep.equal(['1 insert accepted', '2 unchanged']);
    const [first] = await timeline();
    expect(first).to.have.property('batches').with.length(2);
  });

  it('does not call unchanged what may have been left for the next run', async () => {
    await panel.run();
    await panel.setPeople([
      { ...bob, city: 'Rome' },
      { ...ada, city: 'Oxford' },
    ]);
    await panel.run({ limit: 1 });
    expect(await timelineSummary()).to.deep.equal(['1 insert accepted', '2 unchanged_or_unsent']);
    await panel.run();
    expect(await timelineSummary()).to.deep.equal(['1 insert accepted', '2 unchanged_or_unsent', '3 update accepted']);
    expect(await timelineSummary(bob.email)).to.deep.equal(['1 insert accepted', '2 update accepted', '3 unchanged']);
  });

  it('begins with a baseline where that made the person known', async () => {
    await panel.run();
    await panel.sql('truncate panelsync.snapshot, panelsync.snapshot_fields, panelsync.outbox');
    await baseline(panel);
    await panel.run();
    await panel.setPeople([{ ...ada, city: 'Oxford' }, bob]);
    expect(await timelineSummary()).to.deep.equal(['baseline', '3 unchanged']);
    await panel.run();
    expect((await timelineSummary()).slice(-1)).to.deep.equal(['4 update accepted']);
    const events = await timeline();
    expect(events.at(-1), 'what was before is not on record').to.deep.include({ fields: null });
  });

  it('says where the records begin when older ones were pruned', async () => {
    const retention = { runsDays: 30, skipsDays: 7 };
    await panel.run();
    await panel.sql("update panelsync.runs set finished_at = finished_at - interval '31 days'");
    await panel.setPeople([{ ...ada, city: 'Oxford' }, bob]);
    await panel.run({ retention });
    await panel.run({ retention });
    expect(await timelineSummary()).to.deep.equal(['pruned', '2 update accepted', '3 unchanged']);
    expect(await timelineSummary(bob.email)).to.deep.equal(['pruned', '2-3 unchanged']);
  });

  it('names the fields that changed, without their values, where payloads are kept as hashes', async () => {
    await panel.run({ codec: hashedCodec });
    await panel.setPeople([{ ...ada, city: 'Oxford' }, bob]);
    await panel.run({ codec: hashedCodec });
    const [, changed] = await timeline('ada@example.test', hashedCodec);
    expect(changed).to.deep.include({ event: 'update', fields: { city: ['…', '…'] } });
  });

  it('says of a run that ended before its plan that nobody was looked at', async () => {
    await panel.run();
    await panel.run({ sync: { model: { sql: 'select nothing', location: 'models/bad.sql' } } });
    expect(await timelineSummary()).to.deep.equal(['1 insert accepted', '2 not_planned']);
  });

  it('is empty for whom nobody knows', async () => {
    await panel.run();
    expect(await timelineSummary('nobody@example.test')).to.deep.equal([]);
  });
});
