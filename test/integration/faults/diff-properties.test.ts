import * as fc from 'fast-check';
import { expect } from 'chai';
import { modes } from '../../../src/core/model/terms.ts';
import type { Mode } from '../../../src/core/model/terms.ts';
import type { SyncSettings } from '../../../src/core/settings.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { panelScenarios } from '../../helpers/scenarios/panel-scenarios.ts';
import type { PanelScenario } from '../../helpers/scenarios/panel-scenarios.ts';
import { ScenarioRunner } from '../../helpers/scenarios/scenario-runner.ts';

/** `RUNS=300` hunts for long; each story is played three times. */
const extendedRuns = Number(process.env['RUNS'] ?? '0');

/** Enough people for several buckets, so that some are equal while others change. */
const bystanders = 150;

/** What must be the same however rows are compared; runs are numbered anew in each playing. */
interface Outcome {
  readonly reports: readonly object[];
  readonly hub: object;
  readonly snapshot: object;
  readonly records: readonly object[];
}

describe('a panel whose rows are compared by bucket', function () {
  this.timeout(extendedRuns > 0 ? 3_600_000 : 600_000);
  let panel: TestPanel;
  before(async () => (panel = await openPanel()));
  after(() => panel.close());

  for (const mode of modes) {
    it(`goes the same way as one whose rows are all compared, in ${mode} mode`, async () => {
      await fc.assert(
        fc.asyncProperty(panelScenarios(mode, { variedRuns: true }), async (scenario) => {
          const byRow = await play(scenario, mode, 'rows');
          for (const diff of ['fingerprints', 'warehouse'] as const)
            expect(await play(scenario, mode, diff), diff).to.deep.equal(byRow);
        }),
        { numRuns: extendedRuns > 0 ? extendedRuns : 3 },
      );
    });
  }

  async function play(scenario: PanelScenario, mode: Mode, diff: SyncSettings['diff']): Promise<Outcome> {
    const runner = new ScenarioRunner(panel, mode, scenario, { diff, bystanders, isRepeatable: true });
    await runner.start();
    for (const step of scenario.turns) await runner.execute(step);
    await runner.reachQuiescence();
    await runner.expectConverged();
    const reports = runner.reports.map(({ rows, skips, status, requests, renamed, removals }) => ({
      rows,
      renamed,
      removals,
      skips,
      status,
      sent: requests.sent,
    }));
    const records = await panel.sql(
      `select 'skip' as what, key, reason, from_run_id, until_run_id from panelsync.skips
       union all select 'absence', key, '', from_run_id, until_run_id from panelsync.absences
       union all select 'rename', key, old_key, run_id, null from panelsync.renames
       union all select 'mark', key, '', marked_run_id, refused_run_id from panelsync.marks
       union all select 'rejection', key, refused_by, from_run_id, null from panelsync.rejections
       order by 1, 2, 3, 4`,
    );
    return { reports, hub: panel.people(), snapshot: await panel.snapshot(), records };
  }
});
