import { expect } from 'chai';
import type { WireSettings } from '../../../../src/core/settings.ts';
import { maxDiscoveryRequests } from '../../../../src/sync/canary/discover.ts';
import type { SimulatorOptions } from '../../../../src/simulator/options.ts';
import { defaultOptions } from '../../../../src/simulator/options.ts';
import { runDiscovery, testEmail } from '../../../helpers/panel/canary.ts';
import { thrownError } from '../../../helpers/thrown-error.ts';
import { openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';

const profiles: readonly WireSettings[] = (['apikey-header', 'bearer'] as const).flatMap((auth) =>
  (['participants', 'jsonapi', 'array'] as const).flatMap((envelope) =>
    (['snake', 'camel'] as const).flatMap((fieldCase) =>
      (['nested', 'flat', 'list'] as const).map((characteristics) => ({ auth, envelope, fieldCase, characteristics })),
    ),
  ),
);

function nameOf(wire: WireSettings): string {
  return Object.values(wire).join(' ');
}

describe('discovery of the wire profile', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople([{ email: 'ada@example.test', first_name: 'Ada', city: 'London', plan: 'pro' }]);
  });
  after(() => panel.close());

  interface Seen {
    readonly outcome: string;
    readonly found: readonly string[];
    readonly isInBudget: boolean;
    readonly counts: boolean;
    readonly people: readonly string[];
  }

  async function seen(wire: WireSettings, options: Partial<SimulatorOptions>): Promise<Seen> {
    panel.hub.reset();
    panel.hub.setOptions({ unavailableLists: {}, ...options, wire });
    const { outcome, profiles: found, requests } = await runDiscovery(panel);
    const people = Object.keys(panel.people());
    const counts = panel.hub.counters.requests === requests;
    return { outcome, found: found.map(nameOf), isInBudget: requests <= maxDiscoveryRequests, counts, people };
  }

  for (const [pointerFormat, unknownKeys] of [
    ['jsonapi', 'refuse'],
    ['none', 'refuse'],
    ['jsonapi', 'drop'],
  ] as const) {
    it(`ends at the profile of a Hub that would ${unknownKeys} unknown keys (pointers: ${pointerFormat})`, async () => {
      for (const wire of profiles) {
        expect(await seen(wire, { unknownKeys, pointerFormat }), nameOf(wire)).to.deep.equal({
          outcome: 'confirmed',
          found: [nameOf(wire)],
          isInBudget: true,
          counts: true,
          people: [testEmail],
        });
      }
    });
  }

  it('names the one accepted profile where the list cannot be read, or says which cannot be told apart', async () => {
    const unavailableLists = { participants: 403 };
    // Every second one has each choice of each setting.
    for (const wire of profiles.filter((_, index) => index % 2 === 1)) {
      const refusing = await seen(wire, { unknownKeys: 'refuse', unavailableLists });
      expect(refusing, nameOf(wire)).to.deep.include({ outcome: 'accepted', found: [nameOf(wire)], isInBudget: true });
      const dropping = await seen(wire, { unknownKeys: 'drop', unavailableLists });
      expect(dropping, nameOf(wire)).to.deep.include({ outcome: 'accepted', isInBudget: true, people: [testEmail] });
      expect(dropping.found.length, nameOf(wire)).to.be.above(1);
    }
  });

  it('stops at once where no profile can help, and touches nobody else', async () => {
    panel.hub.add({ email: 'other@example.test', first_name: 'Other' });
    panel.hub.setFaults({ kind: 'html', on: 'patch' });
    const html = await runDiscovery(panel, { destination: { maxAttempts: 1 } });
    expect([html.outcome, html.tries.length, html.profiles]).to.deep.equal(['none', 1, []]);
    expect(html.reason).to.match(/not JSON|not the Hub/i);
    panel.hub.setFaults();
    panel.hub.setOptions({ apiKey: 'another' });
    const turnedAway = await runDiscovery(panel);
    panel.hub.setOptions({ apiKey: defaultOptions.apiKey });
    expect([turnedAway.outcome, turnedAway.tries.length, turnedAway.requests]).to.deep.equal(['none', 2, 2]);
    expect(Object.keys(panel.people())).to.deep.equal(['other@example.test']);
  });

  it('sends nothing of somebody in the model', async () => {
    expect(await thrownError(runDiscovery(panel, { email: 'ada@example.test' }))).to.include({
      code: 'canary_untried',
    });
    expect(panel.hub.people.size).to.equal(0);
  });

  it('counts for check as a canary that confirmed the profile', async () => {
    await runDiscovery(panel);
    const stored = await panel.sql('select verdict, details::text as details from panelsync.canaries');
    expect(JSON.stringify(stored)).to.contain('confirmed').and.not.to.contain('canary@');
  });
});
