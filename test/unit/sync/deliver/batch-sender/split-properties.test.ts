import { expect } from 'chai';
import * as fc from 'fast-check';
import type { DeliveryResult } from '../../../../../src/sync/deliver/batch-sender.ts';
import { TestDelivery } from '../../../../helpers/memory/delivery.ts';
import { rowErrorOf, outboxRow, seqOf, lettersOf } from '../../../../helpers/memory/hub.ts';

interface Scene {
  /** One a row: the Hub refuses it. */
  readonly bad: readonly boolean[];
  /** Rows from this place on were refused before. */
  readonly suspectsFrom: number;
  readonly batchSize: number;
  readonly concurrency: number;
  readonly reportedRows: 'all' | 'first' | 'none';
  readonly partial: boolean;
  readonly maxRows: number;
  readonly contractVerified: boolean;
  readonly delays: readonly number[];
}

/** Few bad rows, many, or runs of them. */
const badRows = fc.oneof(
  fc.array(
    fc.integer({ min: 0, max: 19 }).map((number) => number === 0),
    { minLength: 1, maxLength: 250 },
  ),
  fc.array(fc.boolean(), { minLength: 1, maxLength: 120 }),
  fc
    .array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 40 })), { minLength: 1, maxLength: 8 })
    .map((runs) => runs.flatMap(([bad, length]) => Array.from({ length }, () => bad))),
);

const scenes: fc.Arbitrary<Scene> = fc.record({
  bad: badRows,
  suspectsFrom: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 250 })),
  batchSize: fc.oneof(fc.constant(100), fc.integer({ min: 1, max: 100 })),
  concurrency: fc.integer({ min: 1, max: 4 }),
  reportedRows: fc.constantFrom('all', 'first', 'none'),
  partial: fc.boolean(),
  maxRows: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 1, max: 60 })),
  contractVerified: fc.boolean(),
  delays: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 5 }),
});

function deliveryOf(scene: Scene): TestDelivery {
  const { bad, batchSize, concurrency, contractVerified, ...hub } = scene;
  const rows = bad.map((_, at) => outboxRow(at + 1, at >= scene.suspectsFrom));
  const fault = (payload: string) => {
    const seq = seqOf(payload);
    return bad[seq - 1] === true ? rowErrorOf(`nobody is called ${lettersOf(seq)}`) : null;
  };
  return new TestDelivery({
    rows,
    batchSize,
    input: { concurrency, contractVerified },
    hub: { ...hub, rowError: fault },
  });
}

function seqsWhere(flags: readonly boolean[], wanted: boolean): readonly number[] {
  return flags.flatMap((flag, at) => (flag === wanted ? [at + 1] : []));
}

/**
 * Most requests for one batch of `n` rows with `k` bad ones that nobody names: at depth d of the halving no more
 * than min(2^d, k) parts are refused, and each refused part of more than one row costs two requests.
 */
function mostRequests(n: number, k: number): number {
  const depths = Array.from({ length: Math.ceil(Math.log2(n)) }, (_, depth) => Math.min(2 ** depth, k));
  return Math.min(
    2 * n - 1,
    depths.reduce((sum, parts) => sum + 2 * parts, 1),
  );
}

function expectAllSettled(
  delivery: TestDelivery,
  end: Pick<DeliveryResult, 'complete' | 'error' | 'deferred'>,
  { bad }: Scene,
): void {
  expect(end).to.deep.equal({ error: null, complete: true, deferred: 0 });
  expect(delivery.storedSeqs(), 'stored by the Hub').to.deep.equal(seqsWhere(bad, false));
  expect(delivery.acceptedSeqs(), 'accepted on record').to.deep.equal(seqsWhere(bad, false));
  expect(delivery.ledger.rejectedSeqs(), 'rejected on record').to.deep.equal(seqsWhere(bad, true));
  expect(delivery.ledger.states()).not.to.include(null);
  expect(delivery.settled).to.equal(bad.length);
}

describe('delivery of batches with bad rows', () => {
  it('delivers every good row once and rejects every bad row once, whatever the Hub names', async () => {
    await fc.assert(
      fc.asyncProperty(scenes, async (scene) => {
        fc.pre(scene.bad.includes(false));
        const delivery = deliveryOf(scene);
        expectAllSettled(delivery, await delivery.run(), scene);
      }),
      { numRuns: 300 },
    );
  });

  it('rejects all rows once when all are bad for reasons of their own', async () => {
    await fc.assert(
      fc.asyncProperty(scenes, fc.integer({ min: 2, max: 150 }), async (any, rows) => {
        const scene = { ...any, bad: Array.from({ length: rows }, () => true) };
        const delivery = deliveryOf(scene);
        expectAllSettled(delivery, await delivery.run(), scene);
      }),
      { numRuns: 100 },
    );
  });

  it('never sends a row that was refused before together with one that was not', async () => {
    await fc.assert(
      fc.asyncProperty(scenes, async (scene) => {
        const delivery = deliveryOf(scene);
        await delivery.run();
        for (const batch of delivery.hub.batches) {
          const suspects = new Set(batch.map((payload) => seqOf(payload) > scene.suspectsFrom));
          expect(suspects.size).to.equal(1);
          expect(batch.length).to.be.at.most(scene.batchSize);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('needs no more requests than halving can cost', async () => {
    const unnamed = scenes.map((scene) => ({
      ...scene,
      reportedRows: 'none' as const,
      partial: false,
      maxRows: Number.POSITIVE_INFINITY,
      suspectsFrom: Number.POSITIVE_INFINITY,
    }));
    await fc.assert(
      fc.asyncProperty(unnamed, async (scene) => {
        fc.pre(scene.bad.includes(false));
        const delivery = deliveryOf(scene);
        await delivery.run();
        let most = 0;
        for (let at = 0; at < scene.bad.length; at += scene.batchSize) {
          const batch = scene.bad.slice(at, at + scene.batchSize);
          most += mostRequests(batch.length, batch.filter(Boolean).length);
        }
        expect(delivery.hub.batches.length).to.be.at.most(most);
      }),
      { numRuns: 100 },
    );
  });

  const costs: readonly [number, number][] = [
    [0, 1],
    [1, 15],
    [2, 27],
    [5, 55],
    [100, 199],
  ];
  for (const [bad, most] of costs) {
    it(`takes at most ${most} requests for 100 rows of which ${bad} are bad`, async () => {
      expect(mostRequests(100, bad)).to.equal(most);
      const spread = Array.from(
        { length: 100 },
        (_, at) => Math.floor(((at + 1) * bad) / 100) > Math.floor((at * bad) / 100),
      );
      const scene: Scene = {
        bad: spread,
        suspectsFrom: Number.POSITIVE_INFINITY,
        batchSize: 100,
        concurrency: 1,
        reportedRows: 'none',
        partial: false,
        maxRows: 100,
        contractVerified: true,
        delays: [0],
      };
      const delivery = deliveryOf(scene);
      expectAllSettled(delivery, await delivery.run(), scene);
      expect(delivery.hub.batches.length).to.be.at.most(most);
    });
  }

  it('takes two requests for a batch whose bad rows are named, one when it is taken in part', async () => {
    const bad = Array.from({ length: 100 }, (_, at) => at % 9 === 0);
    const base = {
      bad,
      suspectsFrom: Infinity,
      batchSize: 100,
      concurrency: 1,
      maxRows: 100,
      contractVerified: true,
      delays: [0],
    };
    const named = deliveryOf({ ...base, reportedRows: 'all', partial: false });
    await named.run();
    expect(named.hub.batches.length).to.equal(2);
    expect([...named.ledger.entries.values()].map(({ settlement }) => settlement?.split)).to.deep.equal([false, false]);
    const partial = deliveryOf({ ...base, reportedRows: 'all', partial: true });
    await partial.run();
    expect(partial.hub.batches.length).to.equal(1);
  });
});
