import { characteristicsUncheckedNote } from '../../../../src/sync/notes.ts';
import { expect } from 'chai';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';

const plan = { name: 'Plan', slug: 'plan', type: 'text' as const };

describe('characteristics, before anything is sent,', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel({ characteristics: [plan] });
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople([{ email: 'ada@example.test', plan: 'pro' }]);
  });
  after(() => panel.close());

  function characteristicRequests(): number {
    return panel.hub.requests.filter(({ path }) => path === '/api/characteristics').length;
  }

  it('are asked for once, and not by runs that have nothing to send', async () => {
    const first = await panel.run();
    expect([nonZeroRows(first), first.notes, first.requests.sent, characteristicRequests()]).to.deep.equal([
      { read: 1, inserted: 1 },
      [],
      1,
      1,
    ]);
    const before = panel.hub.counters.requests;
    await panel.run();
    expect(panel.hub.counters.requests, 'requests of a run without changes').to.equal(before);
    await panel.setPeople([{ email: 'ada@example.test', plan: 'free' }]);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 1, updated: 1 });
    expect(characteristicRequests()).to.equal(1);
  });

  it('that the Hub does not know are one fault: the run fails, and nothing is sent', async () => {
    panel.hub.setOptions({ characteristics: [{ ...plan, slug: 'plans' }] });
    const report = await panel.run();
    expect([report.status, report.error?.code, nonZeroRows(report)]).to.deep.equal([
      'failed',
      'characteristics_mismatch',
      { read: 1, unsent: 1 },
    ]);
    expect(report.error?.message).to.contain(
      'syncs.panel.mapping.characteristics.plan: the Hub has no characteristic with this slug; did you mean `plans`?',
    );
    expect([panel.newRequests(), await (await panel.records()).rejections('panel', null)]).to.deep.equal([0, []]);
    panel.hub.setOptions({ characteristics: [plan] });
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 1, inserted: 1 });
  });

  it('are asked for again when the mapping, the address or a type is another', async () => {
    await panel.run();
    const mapping = {
      fields: { email: 'email' },
      characteristics: { plan: { column: 'plan', type: 'number' as const } },
    };
    await panel.setPeople([{ email: 'ada@example.test', plan: '7' }]);
    const report = await panel.run({ sync: { mapping } });
    expect([report.error?.code, characteristicRequests()]).to.deep.equal(['characteristics_mismatch', 2]);
  });

  it('are asked for again after the Hub has refused rows', async () => {
    await panel.run();
    panel.hub.setOptions({ rejectedEmails: ['bob@example.test'] });
    await panel.setPeople([{ email: 'ada@example.test', plan: 'free' }, { email: 'bob@example.test' }]);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 2, updated: 1, rejected: 1 });
    expect(characteristicRequests()).to.equal(1);
    await panel.setPeople([{ email: 'ada@example.test', plan: 'team' }]);
    await panel.run();
    expect(characteristicRequests()).to.equal(2);
  });

  for (const status of [403, 404, 405]) {
    it(`are sent unchecked where the Hub answers ${status} to the question, which is said once`, async () => {
      panel.hub.setOptions({ unavailableLists: { characteristics: status } });
      const first = await panel.run();
      expect([nonZeroRows(first), first.notes.join()]).to.deep.equal([
        { read: 1, inserted: 1 },
        characteristicsUncheckedNote,
      ]);
      await panel.setPeople([{ email: 'ada@example.test', plan: 'free' }]);
      expect([(await panel.run()).notes, characteristicRequests()]).to.deep.equal([[], 1]);
    });
  }

  it('are sent unchecked when the question fails for another reason, and asked for the next time', async () => {
    panel.hub.setFaults({ kind: 'html', on: 'get' });
    const first = await panel.run();
    expect([nonZeroRows(first), first.notes, characteristicRequests()]).to.deep.equal([
      { read: 1, inserted: 1 },
      [],
      1,
    ]);
    await panel.setPeople([{ email: 'ada@example.test', plan: 'free' }]);
    await panel.run();
    expect(characteristicRequests()).to.equal(2);
  });
});
