import { expect } from 'chai';
import type { WireSettings } from '../../../../src/core/settings.ts';
import type { SimulatorOptions } from '../../../../src/simulator/options.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';

const profile: WireSettings = {
  auth: 'apikey-header',
  envelope: 'participants',
  fieldCase: 'snake',
  characteristics: 'nested',
};

interface Mismatch {
  readonly what: string;
  readonly wire: Partial<WireSettings>;
  /** Other traits of Hubs that the mismatch must be seen with. */
  readonly traits: readonly Pick<SimulatorOptions, 'unknownKeys' | 'pointerFormat'>[];
  readonly code: string;
  readonly hint: RegExp;
  /** Requests until the stop at most: a key that is wrong shows at once, a refusal is looked into first. */
  readonly requests: number;
}

/** Taking each of the first three batches of 100 apart until three rows stand alone. */
const maxProbeRequests = 3 * (7 + 1 + 1 + 4);

const strict: Mismatch['traits'] = [
  { unknownKeys: 'refuse', pointerFormat: 'jsonapi' },
  { unknownKeys: 'refuse', pointerFormat: 'none' },
];
const anyHub: Mismatch['traits'] = [...strict, { unknownKeys: 'drop', pointerFormat: 'jsonapi' }];

const mismatches: readonly Mismatch[] = [
  {
    what: 'another envelope',
    wire: { envelope: 'jsonapi' },
    traits: anyHub,
    code: 'contract_refused',
    hint: /destination\.wire/,
    requests: maxProbeRequests,
  },
  {
    // Fields that a Hub drops  cannot be seen in its answers: only one that refuses them shows it.
    what: 'another case of fields',
    wire: { fieldCase: 'camel' },
    traits: strict,
    code: 'contract_refused',
    hint: /destination\.wire/,
    requests: maxProbeRequests,
  },
  {
    what: 'another way to hand over the key',
    wire: { auth: 'bearer' },
    traits: anyHub,
    code: 'hub_unauthorized',
    hint: /wire\.auth/,
    requests: 1,
  },
];

describe('a Hub with another wire profile', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.sql(
      `insert into people (email, first_name, city) select 'p' || n || '@example.test', 'P' || n, 'Rome'
       from generate_series(1, 450) n`,
    );
  });
  after(() => panel.close());

  async function expectNothingSent(): Promise<void> {
    expect(panel.hub.people.size).to.equal(0);
    expect(await panel.snapshot()).to.deep.equal({});
    expect(await (await panel.records()).rejections('panel', null)).to.deep.equal([]);
  }

  for (const { what, wire: other, traits, code, hint, requests } of mismatches) {
    for (const trait of traits) {
      const how = `unknown keys: ${trait.unknownKeys}, pointers: ${trait.pointerFormat}`;
      it(`that wants ${what} ends the run clearly, and all arrives once the profile is right (${how})`, async () => {
        const wire = { ...profile, ...other };
        panel.hub.setOptions({ ...trait, wire });
        const report = await panel.run();
        expect([report.status, report.error?.code, nonZeroRows(report)]).to.deep.equal([
          'failed',
          code,
          { read: 450, unsent: 450 },
        ]);
        expect(report.error?.hint).to.match(hint);
        expect(panel.newRequests()).to.be.within(1, requests);
        await expectNothingSent();

        const right = await panel.run({ destination: { wire } });
        expect([right.status, nonZeroRows(right)]).to.deep.equal(['succeeded', { read: 450, inserted: 450 }]);
        expect(panel.hub.people.size).to.equal(450);
      });
    }
  }

  it('that wants another case of fields stops a small first sync of a single row too', async () => {
    await panel.setPeople([{ email: 'ada@example.test', first_name: 'Ada' }]);
    panel.hub.setOptions({ wire: { ...profile, fieldCase: 'camel' } });
    const report = await panel.run();
    expect([report.status, report.error?.code]).to.deep.equal(['failed', 'contract_refused']);
    await expectNothingSent();
  });

  it('is told by the stop even where earlier runs got through, and nobody is marked for it', async () => {
    await panel.run();
    await panel.sql("update people set city = 'Oslo'");
    panel.hub.setOptions({ wire: { ...profile, envelope: 'jsonapi' } });
    // A contract that has worked before is doubted only after more batches.
    const report = await panel.run({ destination: { batchSize: 20 } });
    expect([report.status, report.error?.code]).to.deep.equal(['failed', 'contract_refused']);
    expect(await (await panel.records()).rejections('panel', null)).to.deep.equal([]);
    expect((await panel.snapshot())['p1@example.test']).to.include({ city: 'Rome' });
  });

  it('at another address than the API ends the run at the first request', async () => {
    const { hub } = panel;
    const report = await panel.run({ destination: { baseUrl: `${hub.url}/v9` } });
    expect([report.status, report.error?.code, panel.newRequests()]).to.deep.equal(['failed', 'hub_wrong_address', 1]);
    await expectNothingSent();
  });

  for (const fault of [{ kind: 'html' }, { kind: 'redirect', location: 'https://login.example.test/' }] as const) {
    it(`that answers with ${fault.kind} counts as no success`, async () => {
      panel.hub.setFaults({ ...fault, times: 10 });
      const report = await panel.run();
      const code = fault.kind === 'html' ? 'hub_not_json' : 'hub_redirect';
      expect([report.status, report.error?.code, panel.newRequests()]).to.deep.equal(['failed', code, 1]);
      await expectNothingSent();
      panel.hub.setFaults();
      // Behind a success that cannot be read the first batch may be stored: it goes again before anything is planned.
      const first = fault.kind === 'html' ? { unchanged: 100, inserted: 350 } : { inserted: 450 };
      expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 450, ...first });
      expect(panel.hub.people.size).to.equal(450);
    });
  }
});
