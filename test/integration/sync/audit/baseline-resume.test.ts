import { expect } from 'chai';
import { baseline } from '../../../helpers/panel/audit.ts';
import type { BaselineOptions } from '../../../helpers/panel/audit.ts';
import { openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';
import { thrownError } from '../../../helpers/thrown-error.ts';

const emailOf = (at: number): string => `p${String(at).padStart(4, '0')}@example.test`;

/** Three requests of two hundred people, the second and the third of which begin with people who are known. */
const readBefore = 594;

describe('a baseline that was cut', () => {
  let panel: TestPanel;
  before(async () => (panel = await openPanel()));
  beforeEach(async () => {
    await panel.reset();
    for (let at = 0; at < 1000; at += 1) panel.hub.add({ email: emailOf(at) });
  });
  after(() => panel.close());

  /** Ends with an error at the fourth of five pages. */
  async function interruptBaseline(options: BaselineOptions = {}): Promise<void> {
    panel.hub.setFaults({ kind: 'status', status: 503, on: 'get', after: 3, times: 9 });
    const destination = { maxAttempts: 2 };
    const error = await thrownError(baseline(panel, { ...options, destination }));
    expect(error).to.have.property('code', 'hub_unavailable');
    panel.hub.setFaults();
    expect(Object.keys(await panel.snapshot())).to.have.length(readBefore);
  }

  it('by a Hub that failed goes on with the page after, and counts everybody once', async () => {
    await interruptBaseline();
    const requestsBefore = panel.hub.counters.reads;
    const { state, resumption } = await baseline(panel);
    expect([resumption, panel.hub.counters.reads - requestsBefore]).to.deep.equal(['resumed', 3]);
    expect(state.counts).to.include({ added: 1000, same: 0, repeated: 0 });
    expect((await baseline(panel)).resumption).to.equal('none');
  });

  it('begins anew when it is told to', async () => {
    await interruptBaseline();
    const { state, resumption } = await baseline(panel, { restart: true });
    expect(resumption).to.equal('restarted');
    expect(state.counts).to.include({ added: 1000 - readBefore, same: readBefore });
  });

  it('begins anew after a day', async () => {
    await interruptBaseline();
    await panel.sql("update panelsync.baselines set started_at = now() - interval '25 hours'");
    expect((await baseline(panel)).resumption).to.equal('too_old');
  });

  it('begins anew under another mapping, another Hub, or other wishes', async () => {
    const others: readonly BaselineOptions[] = [
      { sync: { mapping: { fields: { email: 'email' }, characteristics: {} } } },
      {
        destination: {
          wire: { auth: 'apikey-header', envelope: 'jsonapi', fieldCase: 'snake', characteristics: 'nested' },
        },
      },
      { replace: true },
    ];
    for (const other of others) {
      await interruptBaseline({ restart: true });
      expect((await baseline(panel, other)).resumption).to.equal('other_mark');
      await panel.sql('truncate panelsync.snapshot, panelsync.snapshot_fields, panelsync.baselines');
    }
  });

  it('before its first page was merged leaves nothing to go on with', async () => {
    panel.hub.setFaults({ kind: 'status', status: 401, on: 'get' });
    const error = await thrownError(baseline(panel));
    expect(error).to.have.property('code', 'hub_unauthorized');
    expect((await baseline(panel)).resumption).to.equal('none');
  });

  it('leaves people alone whom a run has settled meanwhile, even with replace', async () => {
    await interruptBaseline({ replace: true });
    await panel.setPeople([{ email: emailOf(900), first_name: 'Sent' }]);
    await panel.run();
    panel.hub.edit(emailOf(900), { first_name: 'Changed' });
    const { state, resumption } = await baseline(panel, { replace: true });
    expect(resumption).to.equal('resumed');
    expect(state.counts).to.include({ kept: 1, keptDifferent: 1, added: 999 });
    expect((await panel.snapshot())[emailOf(900)]).to.include({ first_name: 'Sent' });
  });
});
