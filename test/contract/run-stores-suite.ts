import { expect } from 'chai';
import type { Candidate, Difference, DifferenceOptions, PlanRecorder } from '../../src/core/ports/run/plan-store.ts';
import type { Mode } from '../../src/core/model/terms.ts';
import type { RunStores } from '../../src/core/ports/run/run-session.ts';
import { countsWith } from '../helpers/fixtures/plan-counts.ts';

/** Stores of a sync that never ran, and how they are closed. */
export interface OpenStores {
  readonly stores: RunStores;
  close(): Promise<void>;
}

const acceptedHash = '0'.repeat(32);

/** What every implementation of the stores of a run does: the state database's, and the one that tests use. */
export function describeRunStores(name: string, open: (mode: Mode) => Promise<OpenStores>): void {
  describe(`stores of a run, ${name}`, () => {
    let opened: OpenStores;
    let stores: RunStores;
    const reopen = async (mode: Mode): Promise<void> => {
      opened = await open(mode);
      ({ stores } = opened);
    };
    beforeEach(async () => {
      await reopen('upsert');
    });
    afterEach(() => opened.close());

    const begin = (): Promise<string> => stores.runs.begin({ trigger: 'manual', destination: 'd', full: false });

    async function compare(
      keys: readonly string[],
      options: Partial<DifferenceOptions> = {},
    ): Promise<{ readonly difference: Difference; readonly recorder: PlanRecorder }> {
      const stage = await stores.plans.stage();
      keys.forEach((key, at) => stage.add(key, String.fromCharCode(97 + at).repeat(16), at * 10));
      await stage.flush();
      await stage.finish();
      const defaults = { staged: keys.length, updateOnly: false, duplicates: 'first', full: false } as const;
      const difference = await stores.plans.difference({ ...defaults, ...options });
      return { difference, recorder: await stores.plans.open(await begin()) };
    }

    async function candidatesOf(recorder: PlanRecorder): Promise<readonly Candidate[]> {
      const all: Candidate[] = [];
      for await (const page of recorder.candidates()) all.push(...page);
      await recorder.rollback();
      return all;
    }

    it('give rows that the snapshot does not have as candidates, in the order of the model', async () => {
      const { difference, recorder } = await compare(['b', 'c', 'a']);
      expect(difference).to.deep.include({ duplicate: 0, unchanged: 0, candidates: 3, removed: 0, snapshot: 0 });
      const found = await candidatesOf(recorder);
      expect(found.map(({ key, position }) => [key, position])).to.deep.equal([
        ['b', 0],
        ['c', 10],
        ['a', 20],
      ]);
      const stranger = { known: false, inSnapshot: false, payloadHash: null, rejected: null, suppression: null };
      for (const candidate of found) expect(candidate).to.deep.include(stranger);
    });

    for (const [duplicates, duplicate, left] of [
      ['first', 1, ['a', 'b']],
      ['reject', 2, ['b']],
    ] as const) {
      it(`count repeated keys as the sync says: ${duplicates}`, async () => {
        const { difference, recorder } = await compare(['a', 'b', 'a'], { duplicates });
        expect(difference).to.include({ duplicate, candidates: left.length });
        expect((await candidatesOf(recorder)).map(({ key }) => key)).to.deep.equal(left);
      });
    }

    it('leave out rows that update mode does not want, and count them', async () => {
      await opened.close();
      await reopen('update');
      const { difference, recorder } = await compare(['a', 'b'], { updateOnly: true });
      expect(difference).to.include({ notInSnapshot: 2, candidates: 0 });
      expect(await candidatesOf(recorder)).to.deep.equal([]);
      expect(await stores.plans.unknownKeys(1)).to.deep.equal(['a']);
    });

    it('give the outbox of a plan page by page, and number batches on', async () => {
      const stage = await stores.plans.stage();
      await stage.finish();
      await stores.plans.difference({ staged: 0, updateOnly: false, duplicates: 'first', full: false });
      const runId = await begin();
      const recorder = await stores.plans.open(runId);
      const changes = ['a', 'b', 'c'].map((key) => ({
        key,
        operation: 'insert' as const,
        rowHash: acceptedHash,
        payloadHash: acceptedHash,
        payload: `{"fields":{"email":"${key}"},"characteristics":{}}`,
        previouslyRejected: false,
      }));
      await recorder.add({ changes, skips: [], invalid: [], refreshed: [], forgotten: 0, identities: [] });
      await recorder.commit(countsWith({ read: 3, inserts: 3 }));
      const ledger = stores.ledger(runId);
      const first = await ledger.outbox(0, 2);
      expect(first.map(({ seq, key, payload }) => [seq, key, payload])).to.deep.equal(
        changes.slice(0, 2).map(({ key, payload }, at) => [at + 1, key, payload]),
      );
      const rest = await ledger.outbox(2, 2);
      expect([rest.map(({ key }) => key), await ledger.outbox(3, 2)]).to.deep.equal([['c'], []]);
      const number = await ledger.nextNumber();
      await ledger.record({ number, parent: null, rows: first });
      expect([number, await ledger.nextNumber()]).to.deep.equal([1, 2]);
    });

    it('have nobody suppressed and nothing unknown at first', async () => {
      expect(await stores.unknownOutcomes.list()).to.deep.equal([]);
      expect(await stores.suppressions.suppressUnknown()).to.deep.equal({ batches: 0, people: 0 });
      expect(await stores.suppressions.forgotten()).to.equal(null);
    });
  });
}
