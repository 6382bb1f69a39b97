import { expect } from 'chai';
import * as fc from 'fast-check';
import type { Mode } from '../../../src/core/model/terms.ts';
import type { SyncSettings } from '../../../src/core/settings.ts';
import type { Fault } from '../../../src/simulator/faults/faults.ts';
import { faultScenarios } from '../../helpers/scenarios/fault-scenarios.ts';
import type { FaultScenario, FaultStep } from '../../helpers/scenarios/fault-scenarios.ts';
import { expectBalancedCounts } from '../../helpers/panel/balanced-counts.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { FlatPerson, TestPanel, WarehouseRow } from '../../helpers/panel/panel.ts';

/** People leave and return in these scenes. */
const removed: SyncSettings['removed'] = {
  action: 'mark',
  set: { fields: {}, characteristics: { in_panel: false } },
  restore: { fields: {}, characteristics: { in_panel: true } },
};

/** From then on no new scene is begun: a busy machine tries fewer of them. */
const maxDurationMs = 6000;

/** Somebody moves and comes back, and the move was stored although the answer to it could not be read. */
const examples = (['html', 'not_json', 'gzip_bomb', 'cut', 'slow'] as const).map((kind): [FaultScenario] => {
  const fault: Fault = kind === 'slow' ? { kind, when: 'after', delayMs: 600 } : { kind, when: 'after' };
  const quiet = { faults: [], maxAttempts: 1 };
  const away: FaultStep = { changes: [[0, 'Oslo']], faults: [fault], maxAttempts: 1 };
  const scenario = { people: 2, batchSize: 3, concurrency: 1 };
  return [{ ...scenario, steps: [{ ...quiet, changes: [] }, away, { ...quiet, changes: [[0, 'Rome']] }] }];
});

describe('whatever goes wrong at the Hub', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  after(() => panel.close());

  for (const mode of ['upsert', 'update'] as const) {
    it(`quiet runs make Hub and snapshot what the model is, in ${mode} mode`, async () => {
      const untilMs = performance.now() + maxDurationMs;
      const property = fc.asyncProperty(faultScenarios, async (scenario) => {
        if (performance.now() > untilMs) return;
        await panel.reset();
        const model = new Map(Array.from({ length: scenario.people }, (_, at) => [at, 'Rome']));
        if (mode === 'update') await deliverAll(model);
        const known = new Set(Object.keys(panel.people()));
        for (const step of scenario.steps) await runWithFaults(model, step, { scenario, mode });
        await expectConverged(scenario, mode);
        const expected = rowsOf(model).filter(({ email }) => mode === 'upsert' || known.has(email));
        expect(peopleWithoutMarks()).to.deep.include(byEmail(expected));
        if (mode === 'update') expect(panel.people()).to.have.all.keys(...known);
        expectMarks(model);
      });
      await fc.assert(property, { numRuns: 25, examples });
    });
  }

  function peopleWithoutMarks(): Readonly<Record<string, FlatPerson>> {
    const people = Object.entries(panel.people());
    return Object.fromEntries(people.map(([email, { in_panel: _mark, ...fields }]) => [email, fields]));
  }

  /** Whoever is not in the model is marked, and nobody else is. */
  function expectMarks(model: ReadonlyMap<number, string>): void {
    const inModel = new Set(rowsOf(model).map(({ email }) => email));
    for (const [email, { in_panel: value }] of Object.entries(panel.people()))
      expect(value, email).to.be.oneOf(inModel.has(email) ? [undefined, true] : [false]);
  }

  async function deliverAll(model: ReadonlyMap<number, string>): Promise<void> {
    await panel.setPeople(rowsOf(model));
    await panel.run();
  }

  async function runWithFaults(
    model: Map<number, string>,
    step: FaultStep,
    { scenario, mode }: { readonly scenario: FaultScenario; readonly mode: Mode },
  ): Promise<void> {
    for (const [person, city] of step.changes) {
      if (city === null) model.delete(person);
      else model.set(person, city);
    }
    await panel.setPeople(rowsOf(model));
    panel.hub.setFaults(...step.faults);
    const { batchSize, concurrency } = scenario;
    const { maxAttempts } = step;
    const destination = { batchSize, concurrency, maxAttempts, timeoutMs: 150 };
    await panel.run({ sync: { mode, removed }, destination });
  }

  /** The Hub is well again, and whom it refused in bad days is tried once more. */
  async function expectConverged({ batchSize, concurrency }: FaultScenario, mode: Mode): Promise<void> {
    panel.hub.setFaults();
    await (await panel.records()).retry('panel', null);
    const choices = { sync: { mode, removed }, destination: { batchSize, concurrency } };
    const repaired = await panel.run(choices);
    expect([repaired.status, repaired.rows.unsent, repaired.rows.rejected]).to.deep.equal(['succeeded', 0, 0]);
    expect([repaired.removals.unsent, repaired.removals.rejected]).to.deep.equal([0, 0]);
    panel.newRequests();
    const quiet = await panel.run(choices);
    expect([quiet.status, quiet.requests.sent, panel.newRequests()]).to.deep.equal(['succeeded', 0, 0]);
    expect(await panel.snapshot()).to.deep.equal(peopleWithoutMarks());
    for (const run of await (await panel.records()).runs('panel', 20)) {
      expect(run.status).to.not.equal('running');
      expectBalancedCounts(run);
    }
    const open = await panel.sql("select state from panelsync.batches where state in ('in_flight', 'unknown')");
    expect(open).to.deep.equal([]);
  }
});

function rowsOf(model: ReadonlyMap<number, string>): readonly (WarehouseRow & { readonly email: string })[] {
  return [...model].map(([person, city]) => ({ email: `p${person}@example.test`, first_name: `P${person}`, city }));
}

function byEmail(rows: readonly (WarehouseRow & { readonly email: string })[]): Readonly<Record<string, FlatPerson>> {
  return Object.fromEntries(rows.map((row) => [row.email, row]));
}
