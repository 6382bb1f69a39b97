import { expect } from 'chai';
import type { SyncSettings, WireSettings } from '../../../../src/core/settings.ts';
import { runCanary, fieldStatuses, settingStatuses, testEmail } from '../../../helpers/panel/canary.ts';
import { thrownError } from '../../../helpers/thrown-error.ts';
import { openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';

const defaultWire: WireSettings = {
  auth: 'apikey-header',
  envelope: 'participants',
  fieldCase: 'snake',
  characteristics: 'nested',
};
const ada = { email: 'Ada@example.test', first_name: 'Ada', city: 'London', plan: 'pro' };

describe('a canary', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople([ada]);
  });
  after(() => panel.close());

  async function storedCanaries(): Promise<unknown> {
    return panel.sql('select verdict, details::text as details from panelsync.canaries');
  }

  it('sends one made-up person with every mapped field, and confirms the profile', async () => {
    const { verdict, from, requestId, fields } = await runCanary(panel);
    expect([verdict, from]).to.deep.equal(['confirmed', 'made_up']);
    expect(requestId).to.be.a('string');
    expect(fields.map(({ field, status }) => `${field} ${status}`)).to.deep.equal([
      'first_name arrived',
      'city arrived',
      'characteristics.plan arrived',
    ]);
    expect(Object.keys(panel.people())).to.deep.equal([testEmail]);
    expect(panel.people()[testEmail]).to.have.all.keys('email', 'first_name', 'city', 'plan');
    expect(panel.batchRequests).to.equal(1);
  });

  it('sends the row of the model where it has that e-mail in any case, found among many', async () => {
    await panel.sql(`insert into people (email) select 'p' || n || '@example.test' from generate_series(1, 50000) n`);
    const { verdict, from } = await runCanary(panel, { email: 'ADA@example.TEST' });
    expect([verdict, from]).to.deep.equal(['confirmed', 'model']);
    expect(panel.people()).to.deep.equal({ 'ada@example.test': ada });
  });

  it('leaves the snapshot and the runs alone, and keeps nothing of the person', async () => {
    await runCanary(panel, { email: ada.email });
    expect(await panel.snapshot()).to.deep.equal({});
    expect(await panel.sql('select from panelsync.runs')).to.deep.equal([]);
    const text = JSON.stringify(await storedCanaries());
    expect(text).to.contain('confirmed').and.to.contain('first_name');
    for (const value of ['Ada', 'ada@', 'London']) expect(text).not.to.contain(value);
  });

  it('proves anew with other values when the made-up person is in the Hub already', async () => {
    for (const random of [() => 0, () => 0, () => 0.999]) {
      const { verdict, fields } = await runCanary(panel, { random });
      expect(verdict).to.not.equal('wrong');
      expect(fieldStatuses({ fields })['city']).to.equal('arrived');
    }
  });

  const profiles: readonly (readonly [string, Partial<WireSettings>, Readonly<Record<string, string>>])[] = [
    ['auth', { auth: 'bearer' }, { auth: 'wrong' }],
    ['envelope', { envelope: 'jsonapi' }, { auth: 'confirmed', envelope: 'wrong' }],
    ['envelope of none', { envelope: 'array' }, { auth: 'confirmed', envelope: 'wrong' }],
    ['field case', { fieldCase: 'camel' }, { envelope: 'confirmed', fieldCase: 'wrong' }],
    ['place of characteristics', { characteristics: 'flat' }, { characteristics: 'wrong' }],
    ['form of characteristics', { characteristics: 'list' }, { characteristics: 'wrong' }],
  ];
  for (const [what, wire, expected] of profiles) {
    for (const unknownKeys of ['refuse', 'drop'] as const) {
      for (const pointers of ['jsonapi', 'none'] as const) {
        it(`finds another ${what} of a Hub that would ${unknownKeys} unknown keys (pointers: ${pointers})`, async () => {
          panel.hub.setOptions({ wire: { ...defaultWire, ...wire }, unknownKeys, pointerFormat: pointers });
          const mismatched = await runCanary(panel);
          expect(mismatched.verdict).to.equal('wrong');
          expect(settingStatuses(mismatched)).to.include(expected);
          const matching = await runCanary(panel, {
            email: 'second@example.test',
            destination: { wire: { ...defaultWire, ...wire } },
          });
          expect(matching.verdict).to.equal('confirmed');
        });
      }
    }
  }

  it('is accepted, and no more, where the list cannot be read', async () => {
    panel.hub.setOptions({ unavailableLists: { participants: 403 } });
    const result = await runCanary(panel);
    expect(result.verdict).to.equal('accepted');
    expect(fieldStatuses(result)).to.include({ first_name: 'unseen' });
    expect(panel.hub.people.size).to.equal(1);
  });

  it('sends nothing when a characteristic does not exist in the Hub', async () => {
    panel.hub.setOptions({ characteristics: [{ name: 'Plan', slug: 'plan_tier', type: 'text' }] });
    expect(await thrownError(runCanary(panel))).to.include({ code: 'characteristics_mismatch' });
    expect([panel.batchRequests, await storedCanaries()]).to.deep.equal([0, []]);
  });

  const refusedCases: readonly (readonly [string, Partial<SyncSettings>, string, RegExp])[] = [
    ['insert mode and a person of the Hub', { mode: 'insert' }, 'held@example.test', /overwrites nobody/],
    ['update mode and nobody of the Hub', { mode: 'update' }, testEmail, /creates nobody/],
  ];
  for (const [what, sync, email, message] of refusedCases) {
    it(`sends nothing in ${what}, and says why`, async () => {
      panel.hub.add({ email: 'held@example.test', first_name: 'Held' });
      const error = await thrownError(runCanary(panel, { sync, email }));
      expect(error).to.include({ code: 'canary_untried' });
      expect(error).to.have.property('message').that.matches(message);
      expect([panel.batchRequests, await storedCanaries()]).to.deep.equal([0, []]);
    });
  }

  it('goes out in update mode to a person of the Hub, and in insert mode to nobody of it', async () => {
    panel.hub.add({ email: 'held@example.test', first_name: 'Held' });
    const email = 'held@example.test';
    expect((await runCanary(panel, { sync: { mode: 'update' }, email })).verdict).to.equal('confirmed');
    expect((await runCanary(panel, { sync: { mode: 'insert' } })).verdict).to.equal('confirmed');
  });

  it('is not tried where the Hub is away or the row is invalid', async () => {
    const baseUrl = 'http://127.0.0.1:1/api';
    expect(await thrownError(runCanary(panel, { destination: { baseUrl, maxAttempts: 1 } }))).to.include({
      code: 'hub_unreachable',
    });
    await panel.setPeople([{ ...ada, city: 'x'.repeat(300) }]);
    expect(await thrownError(runCanary(panel, { email: ada.email }))).to.include({ code: 'canary_untried' });
    expect([panel.hub.people.size, await storedCanaries()]).to.deep.equal([0, []]);
  });

  it('waits for a list that lags', async () => {
    panel.hub.add({ email: testEmail, first_name: 'Old', city: 'Rome' });
    expect((await runCanary(panel, { staleReads: 2, readAttempts: 2 })).verdict).to.equal('wrong');
    expect((await runCanary(panel, { staleReads: 2, readAttempts: 3 })).verdict).to.equal('confirmed');
  });
});
