import { expect } from 'chai';
import { baseline, verify } from '../../../helpers/panel/audit.ts';
import { openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';
import { respondWith, ScriptedHub } from '../../../helpers/hub/scripted-hub.ts';

const emailOf = (at: number): string => `p${String(at).padStart(4, '0')}@example.test`;

describe('a list that shifts while it is read', () => {
  let panel: TestPanel;
  before(async () => (panel = await openPanel()));
  beforeEach(async () => {
    await panel.reset();
    for (let at = 0; at < 1000; at += 1) panel.hub.add({ email: emailOf(at) });
  });
  after(() => panel.close());

  /** Deletes so many from the front before a request. */
  function deleting(before: number, count: number): (request: number) => void {
    return (request) => {
      if (request !== before) return;
      for (let at = 0; at < count; at += 1) panel.hub.remove(emailOf(at));
    };
  }

  for (const count of [1, 199, 200, 201, 450]) {
    it(`hides nobody from a baseline when ${count} people before are deleted`, async () => {
      const { state } = await baseline(panel, { beforeRequest: deleting(4, count) });
      expect(state.counts.added).to.equal(1000);
      expect(Object.keys(await panel.snapshot())).to.have.length(1000);
    });
  }

  it('hides nobody when people are deleted twice', async () => {
    const [first, second] = [deleting(2, 1), deleting(4, 3)];
    const { state } = await baseline(panel, {
      beforeRequest: (request) => {
        first(request);
        if (request === 4) panel.hub.add({ email: emailOf(0) });
        second(request);
      },
    });
    expect(state.counts).to.include({ added: 1000 });
  });

  it('counts nobody twice in a baseline, not even those whom it leaves alone', async () => {
    await panel.setPeople(Array.from({ length: 1000 }, (_, at) => ({ email: emailOf(at) })));
    await panel.run();
    const { state } = await baseline(panel, { beforeRequest: deleting(3, 5) });
    expect(state.counts).to.include({ kept: 1000, added: 0 });
  });

  it('lets nobody pass for missing', async () => {
    await baseline(panel);
    const { counts } = await verify(panel, { beforeRequest: deleting(3, 5) });
    expect(counts.verdicts.same).to.equal(1000);
    expect(counts.missing).to.equal(0);
  });

  it('is looked at once more before somebody is written off, though its total gave nothing away', async () => {
    await baseline(panel);
    const swap = (request: number): void => {
      if (request !== 3) return;
      // One goes and one comes: the total stays, and somebody has moved over the edge of a page.
      panel.hub.remove(emailOf(0));
      panel.hub.add({ email: 'new@example.test' });
    };
    const repair = { recreate: false, force: false };
    const { counts, repair: repaired } = await verify(panel, { beforeRequest: swap, repair });
    expect([counts.missing, repaired?.withheld]).to.deep.equal([0, 0]);
    const later = await verify(panel, { repair });
    expect([later.counts.missing, later.repair?.withheld]).to.deep.equal([1, 1]);
  });

  it('ends a baseline with an error when the Hub gives one page for ever', async () => {
    const page = { data: [{ attributes: { email: 'a@example.test' } }] };
    const server = await new ScriptedHub(respondWith(200, page)).listen();
    try {
      const error: unknown = await baseline(panel, { destination: { baseUrl: server.url } }).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).to.have.property('code', 'hub_list_stuck');
      expect(server.received.length).to.be.below(30);
    } finally {
      await server.close();
    }
  });
});

describe('a sample', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
    for (let at = 0; at < 1000; at += 1) panel.hub.add({ email: emailOf(at) });
    await baseline(panel);
  });
  after(() => panel.close());

  it('reads as few pages as it can, and never calls anybody missing', async () => {
    const { reads: questions } = panel.hub.counters;
    panel.hub.remove(emailOf(999));
    const found = await verify(panel, { sample: 201, random: () => 0.5 });
    expect(panel.hub.counters.reads - questions, 'the end is looked for').to.equal(7);
    panel.hub.setOptions({ listTotals: true });
    await verify(panel, { sample: 201, random: () => 0.5 });
    panel.hub.setOptions({ listTotals: false });
    expect(panel.hub.counters.reads - questions).to.equal(7 + 3);
    expect(found).to.include({ whole: false });
    expect(found.counts.verdicts.same).to.be.oneOf([399, 400]);
    expect(found.missing).to.deep.equal([]);
    panel.hub.add({ email: emailOf(999) });
  });

  it('of everybody is everybody, each page once', async () => {
    const { counts } = await verify(panel, { sample: 5000 });
    expect(counts.verdicts.same).to.equal(1000);
  });

  it('sees who differs on its pages, and repairs them alone', async () => {
    await panel.setPeople([10, 999].map((at) => ({ email: emailOf(at), first_name: 'Sent' })));
    await panel.run();
    for (const at of [10, 999]) panel.hub.edit(emailOf(at), { first_name: 'Changed' });
    const repair = { recreate: false, force: false };
    const { different, ...found } = await verify(panel, { sample: 1, random: () => 0, repair });
    expect(different.map(({ email }) => email)).to.deep.equal([emailOf(10)]);
    expect(found.repair).to.deep.equal({ different: 1, withheld: 0, recreated: 0 });
  });
});
