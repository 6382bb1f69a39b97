import { expect } from 'chai';
import * as fc from 'fast-check';
import { scenes } from '../../helpers/scenarios/fault-scenarios.ts';
import type { Scene, Step } from '../../helpers/scenarios/fault-scenarios.ts';
import { expectSums, openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

/** From then on no new scene is begun: a busy machine tries fewer of them. */
const longestMs = 8000;
const sync = { mode: 'insert' as const };

/** Whom others touch after each run: they edit who is there, and add who may have been on the way. */
const others = fc.array(fc.array(fc.nat(19), { maxLength: 6 }), { maxLength: 4 });

/** Somebody else adds a person who is on the way, or edits one who has arrived, before anybody knows. */
const examples = (['before', 'after'] as const).flatMap((when) =>
  (['html', 'cut'] as const).map((kind): [Scene, number[][], boolean] => {
    const step: Step = { changes: [], faults: [{ kind, when }], maxAttempts: 1 };
    const quiet: Step = { changes: [], faults: [], maxAttempts: 1 };
    return [{ people: 2, batchSize: 3, concurrency: 1, steps: [step, quiet] }, [[0]], false];
  }),
);

describe('whatever goes wrong at the Hub, and whatever others do there', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  after(() => panel.close());

  it('insert mode overwrites nobody, and quiet runs bring everybody there, once', async () => {
    const untilMs = performance.now() + longestMs;
    let looked = 0;
    const property = fc.asyncProperty(scenes, others, fc.boolean(), async (scene, meddling, alsoReading) => {
      if (performance.now() > untilMs) return;
      await panel.reset();
      const model = new Map(Array.from({ length: scene.people }, (_, at) => [email(at), 'Rome']));
      const touched = new Map<string, string>();
      for (const [at, step] of scene.steps.entries()) {
        await runUnderFire(model, step, { scene, alsoReading });
        await meddle(meddling[at] ?? [], touched);
      }
      await expectPeace(scene);
      expect([...panel.hub.people.keys()], 'people in the Hub').to.include.members([...model.keys()]);
      for (const [person, city] of touched) expect(panel.people()[person], person).to.include({ city });
      looked += panel.hub.requests.filter(({ method }) => method === 'GET').length;
    });
    await fc.assert(property, { numRuns: 40, examples });
    expect(looked, 'readings of the list').to.be.greaterThan(0);
  });

  async function runUnderFire(
    model: Map<string, string>,
    step: Step,
    { scene, alsoReading }: { readonly scene: Scene; readonly alsoReading: boolean },
  ): Promise<void> {
    for (const [person, city] of step.changes) {
      if (city === null) model.delete(email(person));
      else model.set(email(person), city);
    }
    await panel.setPeople([...model].map(([person, city]) => ({ email: person, city })));
    panel.hub.setFaults(...step.faults.map((fault) => ({ ...fault, on: alsoReading ? 'any' : 'patch' }) as const));
    const { batchSize, concurrency } = scene;
    const { maxAttempts } = step;
    await panel.run({ sync, destination: { batchSize, concurrency, maxAttempts, timeoutMs: 150 } });
    panel.hub.setFaults();
  }

  async function meddle(people: readonly number[], touched: Map<string, string>): Promise<void> {
    const rows = await panel.sql<{ key: string }>(
      `select o.key from panelsync.batches b join panelsync.outbox o on o.run_id = b.run_id and o.seq = any(b.seqs)
       where b.state = 'unknown'`,
    );
    const onTheWay = new Set(rows.map(({ key }) => key));
    for (const person of people.map(email)) {
      if (panel.hub.people.has(person)) panel.hub.edit(person, { city: 'Edited' });
      else if (onTheWay.has(person)) panel.hub.add({ email: person, city: 'Foreign' });
      else continue;
      touched.set(person, panel.hub.people.get(person)?.fields.city ?? '');
    }
  }

  /** The Hub is well again, and whom it refused in bad days is tried once more. */
  async function expectPeace({ batchSize, concurrency }: Scene): Promise<void> {
    const records = await panel.records();
    await records.retry('panel', null);
    const choices = { sync, destination: { batchSize, concurrency } };
    const repaired = await panel.run(choices);
    expect([repaired.status, repaired.rows.unsent, repaired.rows.rejected]).to.deep.equal(['succeeded', 0, 0]);
    panel.newRequests();
    const quiet = await panel.run(choices);
    expect([quiet.status, quiet.rows.inserted, panel.newRequests()]).to.deep.equal(['succeeded', 0, 0]);
    expect(quiet.rows.unchanged + quiet.skips.already_in_snapshot).to.equal(quiet.rows.read);
    for (const run of await records.runs('panel', 20)) expectSums(run);
    const open = await panel.sql("select state from panelsync.batches where state in ('in_flight', 'unknown')");
    expect([open, await panel.sql('select key from panelsync.withheld')]).to.deep.equal([[], []]);
  }
});

function email(person: number): string {
  return `p${person}@example.test`;
}
