import { expect } from 'chai';
import type { BatchOutcome } from '../../../../../src/core/ports/destination.ts';
import { TestDelivery } from '../../../../helpers/memory/delivery.ts';
import { testError, rowErrorOf, outboxRows, lettersOf } from '../../../../helpers/memory/hub.ts';
import type { MemoryHubOptions } from '../../../../helpers/memory/hub.ts';

const lost: BatchOutcome = { kind: 'unknown', error: testError('hub_connection_lost', 'retriable') };
const unclear: BatchOutcome = { kind: 'unknown', error: testError('hub_not_json', 'fatal') };

function delivery(meanings: Readonly<Record<number, BatchOutcome>>, mostDoubts: number | null = 3): TestDelivery {
  return new TestDelivery({
    rows: outboxRows(5),
    batchSize: 1,
    hub: { outcomeFor: (request) => meanings[request] },
    ...(mostDoubts === null ? {} : { input: { maxUnknownOutcomes: mostDoubts } }),
  });
}

describe('delivery that must not repeat what may have been stored', () => {
  it('goes on without a batch whose outcome is unknown, and says how many there were', async () => {
    const test = delivery({ 1: lost, 3: lost });
    expect(await test.runToCompletion()).to.deep.equal({
      error: null,
      complete: true,
      deferred: 0,
      unknownOutcomes: 2,
      contractVerified: true,
      hasRefusals: false,
      requests: 5,
    });
    expect(test.ledger.states()).to.deep.equal(['unknown', 'accepted', 'unknown', 'accepted', 'accepted']);
    expect(new Set(test.hub.onUnknownOutcomes)).to.deep.equal(new Set(['defer']));
  });

  it('ends when so many come one after the other', async () => {
    const test = delivery({ 2: lost, 3: lost, 4: lost });
    const end = await test.runToCompletion();
    expect([end.error?.code, end.complete, end.unknownOutcomes]).to.deep.equal(['hub_connection_lost', false, 3]);
    expect(test.ledger.states()).to.deep.equal(['accepted', 'unknown', 'unknown', 'unknown']);
  });

  it('counts anew after any answer', async () => {
    const end = await delivery({ 1: lost, 2: lost, 4: lost, 5: lost }).runToCompletion();
    expect([end.error, end.unknownOutcomes]).to.deep.equal([null, 4]);
  });

  it('ends at once where no other batch would fare better, and when it is told to stop', async () => {
    expect((await delivery({ 1: unclear }).run()).error).to.have.property('code', 'hub_not_json');
    const canceled: BatchOutcome = { kind: 'unknown', error: testError('canceled', 'canceled') };
    expect(await delivery({ 2: canceled }).run()).to.deep.equal({ error: null, complete: false, deferred: 0 });
  });

  it('says nothing of the contract: what is refused after it does not count before something was accepted', async () => {
    const unproven = (hub: Partial<MemoryHubOptions>): TestDelivery =>
      new TestDelivery({
        rows: outboxRows(8),
        batchSize: 1,
        hub,
        input: { maxUnknownOutcomes: 9, contractVerified: false },
      });
    const refused = unproven({
      outcomeFor: (request) => (request <= 4 ? lost : undefined),
      rowError: () => rowErrorOf('no'),
    });
    const end = await refused.runToCompletion();
    expect([end.error?.code, end.contractVerified, end.unknownOutcomes]).to.deep.equal(['contract_refused', false, 4]);
    expect([refused.ledger.rejected, refused.hub.batches.length]).to.deep.equal([[], 7]);
    let asked = 0;
    const differing = unproven({ rowError: () => rowErrorOf(`no ${lettersOf((asked += 1))}`) });
    expect(await differing.runToCompletion()).to.deep.include({ complete: true, contractVerified: true });
    const silent = unproven({ outcomeFor: () => lost });
    expect(await silent.runToCompletion()).to.deep.include({
      complete: true,
      contractVerified: false,
      unknownOutcomes: 8,
    });
  });

  it('does not take for doubt what was surely not stored', async () => {
    const limited: BatchOutcome = { kind: 'not_sent', error: testError('hub_rate_limited', 'retriable') };
    const end = await delivery({ 2: limited }).runToCompletion();
    expect([end.error?.code, end.complete, end.unknownOutcomes]).to.deep.equal(['hub_rate_limited', false, 0]);
  });

  it('is not what happens where repeating is harmless: there the first one ends the delivery', async () => {
    const test = delivery({ 2: lost }, null);
    const end = await test.runToCompletion();
    expect([end.error?.code, end.unknownOutcomes]).to.deep.equal(['hub_connection_lost', 0]);
    expect(test.ledger.states()).to.deep.equal(['accepted', 'unknown']);
    expect(test.hub.onUnknownOutcomes).to.deep.equal(['retry', 'retry']);
  });
});
