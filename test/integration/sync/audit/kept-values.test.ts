import { expect } from 'chai';
import { hashedCodec, plainCodec } from '../../../helpers/fixtures/payload-codecs.ts';
import { baseline, verify } from '../../../helpers/panel/audit.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { RunOptions, TestPanel } from '../../../helpers/panel/panel.ts';

const ada = { email: 'ada@example.test', first_name: 'Ada', city: 'London', plan: 'pro' };
const bob = { email: 'bob@example.test', first_name: 'Bob', city: 'Paris' };

describe('a value that the model clears', () => {
  let panel: TestPanel;
  before(async () => (panel = await openPanel()));
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople([ada, bob]);
  });
  after(() => panel.close());

  /** What plan, run, verify and baseline say, one after the other. */
  async function round(options: RunOptions, replace: boolean): Promise<object> {
    const plan = nonZeroRows((await panel.plan(options)).report);
    const run = nonZeroRows(await panel.run(options));
    const { verdicts } = (await verify(panel, options)).counts;
    const { counts } = (await baseline(panel, { ...options, replace })).state;
    const { different, keptDifferent } = counts;
    return { plan, run, requests: panel.newRequests(), verdicts: verdicts.different, different, keptDifferent };
  }

  const atRest = {
    plan: { read: 2, unchanged: 2 },
    run: { read: 2, unchanged: 2 },
    requests: 0,
    verdicts: 0,
    different: 0,
    keptDifferent: 0,
  };

  for (const [payloads, codec] of [
    ['full', plainCodec],
    ['hashed', hashedCodec],
  ] as const) {
    for (const replace of [false, true]) {
      it(`is kept by the Hub where nulls are left out, ${payloads}, ${replace ? 'with' : 'without'} --replace`, async () => {
        await panel.run({ codec });
        panel.newRequests();
        await panel.setPeople([{ ...ada, city: null, plan: null }, bob]);
        for (let time = 0; time < 3; time += 1) {
          expect(await round({ codec }, replace), `round ${time + 1}`).to.deep.equal(atRest);
        }
        expect(panel.people()['ada@example.test']).to.include({ city: 'London', plan: 'pro' });
      });

      it(`is kept beside a change, ${payloads}, ${replace ? 'with' : 'without'} --replace`, async () => {
        await panel.run({ codec });
        await panel.setPeople([{ ...ada, first_name: 'Augusta', city: null }, bob]);
        panel.newRequests();
        const changed = { read: 2, unchanged: 1, updated: 1 };
        const first = { ...atRest, plan: changed, run: changed, requests: 1 };
        expect(await round({ codec }, replace)).to.deep.equal(first);
        for (let time = 0; time < 2; time += 1) {
          expect(await round({ codec }, replace)).to.deep.equal(atRest);
        }
        expect(panel.people()['ada@example.test']).to.include({ first_name: 'Augusta', city: 'London' });
      });
    }
  }

  it('is told in a plan, field by field and in one note', async () => {
    await panel.run();
    await panel.setPeople([
      { ...ada, first_name: 'Augusta', city: null },
      { ...bob, city: null },
    ]);
    const { report, sample } = await panel.plan();
    expect(sample).to.deep.equal([
      { operation: 'update', email: 'ada@example.test', fields: { first_name: ['Ada', 'Augusta'] }, kept: ['city'] },
    ]);
    expect(report.notes.filter((note) => note.includes('the Hub keeps its value'))).to.have.length(1);
    const noted = async (): Promise<number> => (await panel.run()).notes.length;
    expect([await noted(), await noted()], 'once, in the run that finds it').to.deep.equal([1, 0]);
  });

  it('is cleared in the Hub where nulls are sent', async () => {
    const sync = { nulls: 'null' } as const;
    await panel.run({ sync });
    await panel.setPeople([{ ...ada, city: null, plan: null }, bob]);
    panel.newRequests();
    const changed = { read: 2, unchanged: 1, updated: 1 };
    expect(await round({ sync }, true)).to.deep.equal({ ...atRest, plan: changed, run: changed, requests: 1 });
    expect(await round({ sync }, true)).to.deep.equal(atRest);
    expect(panel.people()['ada@example.test']).to.include({ city: null, plan: null });
  });

  it('comes to rest where the Hub writes e-mails in lower case', async () => {
    await panel.setPeople([{ ...ada, email: 'Ada@Example.test' }, bob]);
    await panel.run();
    panel.hub.remove('ada@example.test');
    panel.hub.add({ email: 'ada@example.test', first_name: 'Ada', city: 'London', characteristics: { plan: 'pro' } });
    panel.newRequests();
    for (let time = 0; time < 3; time += 1) expect(await round({}, true)).to.deep.equal(atRest);
  });
});
