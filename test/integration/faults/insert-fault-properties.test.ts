import { expect } from 'chai';
import * as fc from 'fast-check';
import { faultScenarios } from '../../helpers/scenarios/fault-scenarios.ts';
import type { FaultScenario, FaultStep } from '../../helpers/scenarios/fault-scenarios.ts';
import { expectBalancedCounts } from '../../helpers/panel/balanced-counts.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

/** From then on no new scene is begun: a busy machine tries fewer of them. */
const maxDurationMs = 8000;
const sync = { mode: 'insert' as const };

/** Whom others touch after each run: they edit who is there, and add who may have been on the way. */
const hubEdits = fc.array(fc.array(fc.nat(19), { maxLength: 6 }), { maxLength: 4 });

/** Somebody else adds a person who is on the way, or edits one who has arrived, before anybody knows. */
const examples = (['before', 'after'] as const).flatMap((when) =>
  (['html', 'cut'] as const).map((kind): [FaultScenario, number[][], boolean] => {
    const step: FaultStep = { changes: [], faults: [{ kind, when }], maxAttempts: 1 };
    const quiet: FaultStep = { changes: [], faults: [], maxAttempts: 1 };
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
    const untilMs = performance.now() + maxDurationMs;
    let listReads = 0;
    const property = fc.asyncProperty(faultScenarios, hubEdits, fc.boolean(), async (scenario, edits, readFaults) => {
      if (performance.now() > untilMs) return;
      await panel.reset();
      const model = new Map(Array.from({ length: scenario.people }, (_, at) => [email(at), 'Rome']));
      const edited = new Map<string, string>();
      for (const [at, step] of scenario.steps.entries()) {
        await runWithFaults(model, step, { scenario, readFaults });
        await editHub(edits[at] ?? [], edited);
      }
      await expectConverged(scenario);
      expect([...panel.hub.people.keys()], 'people in the Hub').to.include.members([...model.keys()]);
      for (const [person, city] of edited) expect(panel.people()[person], person).to.include({ city });
      listReads += panel.hub.requests.filter(({ method }) => method === 'GET').length;
    });
    await fc.assert(property, { numRuns: 40, examples });
    expect(listReads, 'readings of the list').to.be.greaterThan(0);
  });

  async function runWithFaults(
    model: Map<string, string>,
    step: FaultStep,
    { scenario, readFaults }: { readonly scenario: FaultScenario; readonly readFaults: boolean },
  ): Promise<void> {
    for (const [person, city] of step.changes) {
      if (city === null) model.delete(email(person));
      else model.set(email(person), city);
    }
    await panel.setPeople([...model].map(([person, city]) => ({ email: person, city })));
    panel.hub.setFaults(...step.faults.map((fault) => ({ ...fault, on: readFaults ? 'any' : 'patch' }) as const));
    const { batchSize, concurrency } = scenario;
    const { maxAttempts } = step;
    await panel.run({ sync, destination: { batchSize, concurrency, maxAttempts, timeoutMs: 150 } });
    panel.hub.setFaults();
  }

  async function editHub(people: readonly number[], edited: Map<string, string>): Promise<void> {
    const rows = await panel.sql<{ key: string }>(
      `select o.key from panelsync.batches b join panelsync.outbox o on o.run_id = b.run_id and o.seq = any(b.seqs)
       where b.state = 'unknown'`,
    );
    const inFlight = new Set(rows.map(({ key }) => key));
    for (const person of people.map(email)) {
      if (panel.hub.people.has(person)) panel.hub.edit(person, { city: 'Edited' });
      else if (inFlight.has(person)) panel.hub.add({ email: person, city: 'Foreign' });
      else continue;
      edited.set(person, panel.hub.people.get(person)?.fields.city ?? '');
    }
  }

  /** The Hub is well again, and whom it refused in bad days is tried once more. */
  async function expectConverged({ batchSize, concurrency }: FaultScenario): Promise<void> {
    const records = await panel.records();
    await records.retry('panel', null);
    const choices = { sync, destination: { batchSize, concurrency } };
    const repaired = await panel.run(choices);
    expect([repaired.status, repaired.rows.unsent, repaired.rows.rejected]).to.deep.equal(['succeeded', 0, 0]);
    panel.newRequests();
    const quiet = await panel.run(choices);
    expect([quiet.status, quiet.rows.inserted, panel.newRequests()]).to.deep.equal(['succeeded', 0, 0]);
    expect(quiet.rows.unchanged + quiet.skips.already_in_snapshot).to.equal(quiet.rows.read);
    for (const run of await records.runs('panel', 20)) expectBalancedCounts(run);
    const open = await panel.sql("select state from panelsync.batches where state in ('in_flight', 'unknown')");
    expect([open, await panel.sql('select key from panelsync.suppressions')]).to.deep.equal([[], []]);
  }
});

function email(person: number): string {
  return `p${person}@example.test`;
}
