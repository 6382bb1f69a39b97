import { expect } from 'chai';
import type { RunReport } from '../../../src/core/model/terms.ts';
import { parseJsonOutput, runCli, startCli } from '../../helpers/cli/cli.ts';
import type { CliResult, CliEnvironment } from '../../helpers/cli/cli.ts';
import { expectBalancedCounts } from '../../helpers/panel/balanced-counts.ts';
import { nonZeroRows, openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { waitUntil } from '../../helpers/wait-until.ts';

/** Longer than any test may take: an answer that slow never comes. */
const neverMs = 600_000;

function reportOf(result: CliResult): RunReport {
  const report = parseJsonOutput<RunReport>(result);
  expectBalancedCounts(report);
  return report;
}

describe('signals', () => {
  let panel: TestPanel;
  let project: Project;
  let singleRowBatches: CliEnvironment;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    singleRowBatches = project.withEnv({ BATCH_SIZE: '1' });
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople(Array.from({ length: 50 }, (_, at) => ({ email: `person${at}@example.test`, plan: 'pro' })));
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  async function requestsAtHub(count: number): Promise<void> {
    await waitUntil(() => panel.batchRequests >= count);
  }

  it('the first lets the batch in flight finish and settle; the next run goes on from there', async () => {
    // The batches together take far longer than the signal does on its way, also on a busy machine.
    panel.hub.setOptions({ latencyMs: 1000 });
    const run = startCli(['run', 'panel', '--json'], singleRowBatches);
    await requestsAtHub(2);
    run.signal('SIGINT');
    const result = await run.ended;
    expect(result.code).to.equal(130);
    expect(result.stderr).to.contain('Stopping: finishing the batches in flight.');
    const report = reportOf(result);
    expect(report.status).to.equal('canceled');
    expect(report.rows.inserted).to.be.within(1, 49);
    expect(report.rows.unsent).to.equal(50 - report.rows.inserted);
    expect(panel.hub.people.size, 'settled is what was sent').to.equal(report.rows.inserted);
    expect(Object.keys(await panel.snapshot())).to.have.length(report.rows.inserted);

    panel.hub.setOptions({ latencyMs: 0 });
    const next = await runCli(['run', 'panel', '--json'], project);
    const { inserted } = report.rows;
    expect(nonZeroRows(reportOf(next))).to.deep.equal({ read: 50, unchanged: inserted, inserted: 50 - inserted });
    expect(panel.hub.counters.repeated, 'nobody was sent twice').to.equal(0);
  });

  it('SIGTERM drains as SIGINT does', async () => {
    panel.hub.setOptions({ latencyMs: 1000 });
    const run = startCli(['run', 'panel', '--json'], singleRowBatches);
    await requestsAtHub(1);
    run.signal('SIGTERM');
    const result = await run.ended;
    expect([result.code, reportOf(result).status]).to.deep.equal([130, 'canceled']);
  });

  it('the second drops the batch in flight, and the next run sends it again', async () => {
    panel.hub.setFaults({ kind: 'slow', delayMs: neverMs, when: 'after' });
    const run = startCli(['run', 'panel', '--json'], project);
    await requestsAtHub(1);
    run.signal('SIGINT');
    await run.waitForOutput('stderr', 'Stopping');
    run.signal('SIGINT');
    const result = await run.ended;
    expect(result.code).to.equal(130);
    expect([reportOf(result).status, nonZeroRows(reportOf(result))]).to.deep.equal([
      'canceled',
      { read: 50, unsent: 50 },
    ]);
    expect(await panel.snapshot(), 'the outcome is unknown, so nothing moved').to.deep.equal({});
    expect(await panel.sql('select state from panelsync.batches')).to.deep.equal([{ state: 'unknown' }]);

    const next = await runCli(['run', 'panel', '--json'], project);
    expect([next.code, nonZeroRows(reportOf(next))]).to.deep.equal([0, { read: 50, unchanged: 50 }]);
    expect(Object.keys(await panel.snapshot())).to.have.length(50);
    expect(panel.hub.people.size).to.equal(50);
  });

  it('a signal while the model is read cancels it at the warehouse', async () => {
    await project.write('config/models/slow.sql', 'select email, first_name, city, plan, pg_sleep(600) from people');
    const reading = `select count(*)::int as count from pg_stat_activity where query like 'copy (select%' and state = 'active'
      and datname = current_database()`;
    for (const command of ['run', 'plan']) {
      const process = startCli([command, 'panel', '--json'], project.withEnv({ MODEL: 'models/slow.sql' }));
      await waitUntil(async () => (await panel.sql<{ count: number }>(reading))[0]?.count === 1);
      process.signal('SIGINT');
      const result = await process.ended;
      expect(result.code, command).to.equal(130);
      parseJsonOutput(result);
      await waitUntil(async () => (await panel.sql<{ count: number }>(reading))[0]?.count === 0);
    }
  });
});
