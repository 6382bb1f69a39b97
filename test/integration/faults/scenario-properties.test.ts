import * as fc from 'fast-check';
import { modes } from '../../../src/core/model/terms.ts';
import type { Mode } from '../../../src/core/model/terms.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { panelScenarios } from '../../helpers/scenarios/panel-scenarios.ts';
import type { PanelScenario, PanelStep } from '../../helpers/scenarios/panel-scenarios.ts';
import { ScenarioRunner } from '../../helpers/scenarios/scenario-runner.ts';

/** `RUNS=300` hunts for long; otherwise no new story is begun after a while. */
const extendedRuns = Number(process.env['RUNS'] ?? '0');
const maxDurationMs = extendedRuns > 0 ? Number.POSITIVE_INFINITY : 10_000;

/** For stories and shortening together: what is known then is told. */
const maxTotalMs = extendedRuns > 0 ? 3_000_000 : 90_000;

const healthyRun: PanelStep = { do: 'run', faults: [], refused: [], listClosed: false };

/** Somebody is deleted and found missing while a batch that holds them waits to be sent again. */
const deletedWithUnknownOutcome: PanelScenario = {
  write: 'always',
  marks: false,
  batchSize: 2,
  concurrency: 1,
  maxAttempts: 1,
  known: [0],
  turns: [
    { do: 'change the model', rows: [[0, { city: 'Oslo', plan: null }]] },
    { ...healthyRun, faults: [{ kind: 'cut' }] },
    { do: 'delete in the Hub', person: 0 },
    { do: 'verify', repair: 'repair' },
    healthyRun,
  ],
};

/** Somebody who was found deleted is brought back by a researcher. */
const broughtBack: PanelScenario = {
  ...deletedWithUnknownOutcome,
  turns: [
    { do: 'delete in the Hub', person: 0 },
    { do: 'change the model', rows: [[0, { city: 'Rome', plan: null }]] },
    { do: 'verify', repair: 'repair' },
    { do: 'create in the Hub', person: 0 },
  ],
};

/**
 * What is promised of any story, whatever was done by researchers, went wrong or was killed in it:
 * - no run creates anybody in update mode, unless a researcher deleted them and no repair has noticed yet;
 * - no run overwrites anybody in insert mode whom panelsync knows: by a baseline, a look or because it sent them;
 * - no run brings back who was deleted in the Hub and found missing by a repair, without recreate;
 * - no run sends anybody who is forgotten, and nothing that is invalid;
 * - no run writes a field that researchers own to somebody who is known;
 * - a rename is an insert of somebody who is known by e-mails that have all left the model, and nobody else is one;
 * - in the end whoever has left is marked where that is configured, and nobody who is in the model;
 * - the sums of every run are right, and a run that died is closed;
 * - in the end the Hub is what the model is, for whom the mode may touch, and a quiet run makes no request.
 */
describe('whatever happens to a panel', function () {
  if (extendedRuns > 0) this.timeout(3_600_000);
  let panel: TestPanel;
  before(async () => (panel = await openPanel()));
  after(() => panel.close());

  for (const mode of modes) {
    it(`ends with Hub and model agreed after quiet runs, in ${mode} mode`, async () => {
      const untilMs = performance.now() + maxDurationMs;
      let failed = false;
      const property = fc.asyncProperty(panelScenarios(mode), async (scenario) => {
        // A story that went wrong is made shorter however long that takes.
        if (!failed && performance.now() > untilMs) return;
        failed = true;
        await runScenario(scenario, mode);
        failed = false;
      });
      await fc.assert(property, {
        numRuns: extendedRuns > 0 ? extendedRuns : 15,
        examples: [[deletedWithUnknownOutcome], [broughtBack]],
        interruptAfterTimeLimit: maxTotalMs,
      });
    });
  }

  async function runScenario(scenario: PanelScenario, mode: Mode): Promise<void> {
    const runner = new ScenarioRunner(panel, mode, scenario);
    await runner.start();
    for (const step of scenario.turns) await runner.execute(step);
    await runner.reachQuiescence();
    await runner.expectConverged();
  }
});
