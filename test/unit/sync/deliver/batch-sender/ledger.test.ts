import { expect } from 'chai';
import { TestDelivery } from '../../../../helpers/memory/delivery.ts';
import { testError, rowErrorOf, outboxRows, seqOf, lettersOf } from '../../../../helpers/memory/hub.ts';

const oddRowsBad = {
  rowError: (payload: string) => (seqOf(payload) % 2 === 1 ? rowErrorOf(lettersOf(seqOf(payload))) : null),
};

describe('delivery whose ledger fails', () => {
  const steps = ['outbox', 'record', 'settle', 'reject'] as const;
  for (const step of steps) {
    for (const concurrency of [1, 3]) {
      it(`ends when ${step} fails, with ${concurrency} at work`, async () => {
        const delivery = new TestDelivery({
          rows: outboxRows(60),
          batchSize: 10,
          hub: { ...oddRowsBad, delays: [1] },
          input: { concurrency },
        });
        let calls = 0;
        const failing = async (): Promise<never> => {
          calls += 1;
          throw testError('state_lost', 'retriable');
        };
        delivery.ledger[step] = failing;
        const end = await delivery.run();
        expect(end.error).to.have.property('code', 'state_lost');
        expect(end.complete).to.equal(false);
        expect(calls).to.equal(1);
        expect(delivery.hub.batches.length, 'what was not recorded is not sent').to.equal(delivery.ledger.entries.size);
      });
    }
  }

  it('ends all senders when it fails later on', async () => {
    for (const step of ['record', 'settle'] as const) {
      const delivery = new TestDelivery({
        rows: outboxRows(100),
        batchSize: 10,
        hub: { delays: [2] },
        input: { concurrency: 3 },
      });
      const { ledger } = delivery;
      const [record, settle] = [ledger.record.bind(ledger), ledger.settle.bind(ledger)];
      let calls = 0;
      const count = (called: typeof step): void => {
        if (called === step) calls += 1;
        if (calls > 3) throw testError(`lost_${calls}`, 'retriable');
      };
      ledger.record = async (batch) => {
        count('record');
        await record(batch);
      };
      ledger.settle = async (batch, settlement) => {
        count('settle');
        await settle(batch, settlement);
      };
      const end = await delivery.run();
      expect(end.error, step).to.have.property('code', 'lost_4');
      expect(end.complete).to.equal(false);
      expect(delivery.hub.batches.length).to.be.at.most(6);
    }
  });

  it('makes an unexpected error out of one that is not meant for people', async () => {
    const delivery = new TestDelivery({ rows: outboxRows(2) });
    delivery.ledger.record = async () => {
      throw new TypeError('ada@example.test broke it');
    };
    const end = await delivery.run();
    expect(end.error).to.have.property('code', 'unexpected');
    expect(end.error?.message).not.to.contain('ada@');
  });
});
