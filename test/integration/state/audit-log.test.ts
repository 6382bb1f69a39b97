import { expect } from 'chai';
import { auditActions } from '../../../src/core/ports/audit-log.ts';
import type { AuditEntry } from '../../../src/core/ports/audit-log.ts';
import { openAuditLog } from '../../../src/state/tables/audit-log.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

const entry: AuditEntry = { action: 'pause', sync: 'panel', runId: null, caller: 'me', reason: null, counts: {} };

describe('the audit log', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  after(() => panel.close());

  it('takes every action, and lists them newest first, page by page', async () => {
    const log = openAuditLog(panel.database);
    for (const action of auditActions) await log.record({ ...entry, action });
    const records = await panel.records();
    const all = await records.audit({ sync: null, limit: 100 });
    expect(all.map(({ action }) => action)).to.deep.equal(auditActions.toReversed());
    const first = await records.audit({ sync: null, limit: 2 });
    const rest = await records.audit({ sync: null, limit: 100, beforeId: first[1]?.id ?? null });
    expect([...first, ...rest]).to.deep.equal(all);
  });

  it('lists actions on one sync, with those on all', async () => {
    const log = openAuditLog(panel.database);
    await log.record({ ...entry, sync: 'other' });
    await log.record({
      ...entry,
      action: 'forget',
      sync: null,
      runId: '17',
      reason: 'asked to',
      counts: { people: 1 },
    });
    const [forgotten, other, ...others] = await (await panel.records()).audit({ sync: 'other', limit: 100 });
    expect(forgotten).to.deep.include({ sync: null, runId: '17', reason: 'asked to', counts: { people: 1 } });
    expect([other?.sync, others]).to.deep.equal(['other', []]);
  });
});
