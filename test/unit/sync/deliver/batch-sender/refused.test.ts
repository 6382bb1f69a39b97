import { expect } from 'chai';
import { TestDelivery } from '../../../../helpers/memory/delivery.ts';
import type { MemoryHubOptions } from '../../../../helpers/memory/hub.ts';
import { rowErrorOf, outboxRows, seqOf } from '../../../../helpers/memory/hub.ts';

async function refused(hub: Partial<MemoryHubOptions>): Promise<boolean> {
  const test = new TestDelivery({ rows: outboxRows(3), hub });
  const { hasRefusals: told, complete } = await test.runToCompletion();
  expect(complete).to.equal(true);
  return told;
}

describe('the end of a delivery', () => {
  it('says whether the Hub has refused anything, be it whole batches or rows of accepted ones', async () => {
    const fault: MemoryHubOptions['rowError'] = (payload) => (seqOf(payload) === 2 ? rowErrorOf('no') : null);
    expect(await refused({})).to.equal(false);
    expect(await refused({ rowError: fault, partial: true })).to.equal(true);
    expect(await refused({ rowError: fault, reportedRows: 'all' })).to.equal(true);
    expect(await refused({ rowError: fault, reportedRows: 'none' })).to.equal(true);
    expect(await refused({ maxRows: 2 }), 'a body that is too large').to.equal(true);
  });
});
