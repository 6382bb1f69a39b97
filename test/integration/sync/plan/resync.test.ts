import { expect } from 'chai';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';

const people = ['ada', 'bob', 'eve'].map((name) => ({ email: `${name}@example.test`, first_name: name }));

describe('resync', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople(people);
    await panel.run();
    panel.newRequests();
  });
  after(() => panel.close());

  const resync = async (): Promise<number> => (await panel.records()).resync('panel');

  it('has the next run send everybody once more, and the one after that nobody', async () => {
    expect(await resync()).to.equal(3);
    expect(nonZeroRows((await panel.plan()).report)).to.deep.equal({ read: 3, updated: 3 });
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 3, updated: 3 });
    expect([panel.newRequests(), nonZeroRows(await panel.run())]).to.deep.equal([1, { read: 3, unchanged: 3 }]);
  });

  it('brings back what somebody changed in the Hub by hand', async () => {
    panel.hub.remove('ada@example.test');
    panel.hub.edit('bob@example.test', { first_name: 'Robert' });
    await resync();
    await panel.run();
    expect(panel.people()).to.deep.equal(await panel.snapshot());
  });

  it('holds on over runs that send only a part', async () => {
    await resync();
    expect(nonZeroRows(await panel.run({ limit: 1 }))).to.deep.equal({ read: 3, updated: 1, unsent: 2 });
    expect(nonZeroRows(await panel.run({ limit: 1 }))).to.deep.equal({ read: 3, unchanged: 1, updated: 1, unsent: 1 });
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 3, unchanged: 2, updated: 1 });
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 3, unchanged: 3 });
  });

  it('is the same as --full, which holds on as well', async () => {
    expect(nonZeroRows(await panel.run({ full: true, limit: 2 }))).to.deep.equal({ read: 3, updated: 2, unsent: 1 });
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 3, unchanged: 2, updated: 1 });
  });

  it('shows in a plan with --full what would be sent, and leaves the next run as it was', async () => {
    expect(nonZeroRows((await panel.plan({ full: true })).report)).to.deep.equal({ read: 3, updated: 3 });
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 3, unchanged: 3 });
  });

  it('sends everybody as updates in update mode, and still nobody it does not know', async () => {
    await resync();
    await panel.setPeople([...people, { email: 'new@example.test' }]);
    expect(nonZeroRows(await panel.run({ sync: { mode: 'update' } }))).to.deep.equal({
      read: 4,
      updated: 3,
      skipped: 1,
    });
    expect(panel.hub.people.has('new@example.test')).to.equal(false);
  });

  it('still counts people who are not in the model as removed, not as sent', async () => {
    await panel.setPeople(people.slice(0, 2));
    await resync();
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 2, updated: 2, removed: 1 });
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 2, unchanged: 2, removed: 1 });
  });

  it('of one sync leaves the others alone', async () => {
    await panel.run({ sync: { name: 'second' } });
    await resync();
    expect(nonZeroRows(await panel.run({ sync: { name: 'second' } }))).to.deep.equal({ read: 3, unchanged: 3 });
  });
});
