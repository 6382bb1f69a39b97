import { expect } from 'chai';
import type { RunReport, SampleChange } from '../../../src/core/model/terms.ts';
import { parseJsonOutput, runCli } from '../../helpers/cli/cli.ts';
import type { CliResult, CliEnvironment } from '../../helpers/cli/cli.ts';
import { runInProcess } from '../../helpers/cli/in-process.ts';
import { expectBalancedCounts } from '../../helpers/panel/balanced-counts.ts';
import { nonZeroRows, openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createDatabase } from '../../helpers/postgres/postgres.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';

const ada = { email: 'ada@example.test', first_name: 'Ada', city: 'London', plan: 'pro' };
const bob = { email: 'bob@example.test', first_name: 'Bob', city: 'Paris', plan: 'free' };

interface PlanDocument extends RunReport {
  readonly sample: readonly SampleChange[];
  readonly skipped: readonly { readonly email: string; readonly reason: string }[];
  readonly invalid: readonly { readonly email: string }[];
  readonly requestsPlanned: number;
  readonly minutesPlanned: number;
}

function reportOf(result: CliResult): RunReport {
  const report = parseJsonOutput<RunReport>(result);
  expectBalancedCounts(report);
  return report;
}

describe('panelsync plan and run', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
  });
  beforeEach(() => panel.reset());
  after(async () => {
    await project.remove();
    await panel.close();
  });

  async function plan(
    args: readonly string[],
    environment: CliEnvironment = project,
  ): Promise<PlanDocument & { code: number | null }> {
    const result = await runInProcess(['plan', ...args, '--json'], environment);
    const document = parseJsonOutput<PlanDocument>(result);
    expectBalancedCounts(document);
    return { ...document, code: result.code };
  }

  it('a second configuration with the same sync name on the same state is named by the runs that take turns', async () => {
    await panel.setPeople([ada]);
    await project.write('config/models/other.sql', 'select email, first_name, upper(city) as city, plan from people');
    const other = project.withEnv({ MODEL: 'models/other.sql' });
    const notes: number[] = [];
    for (const environment of [project, other, project]) {
      const report = reportOf(await runInProcess(['run', 'panel', '--json'], environment));
      notes.push(report.notes.filter((note) => note.includes('two configurations share this state')).length);
    }
    expect(notes).to.deep.equal([0, 0, 1]);
  });

  it('plan shows every change field by field and what sending would cost, and sends nothing', async () => {
    await panel.setPeople([ada, bob]);
    await panel.run();
    panel.newRequests();
    await panel.setPeople([ada, { ...bob, city: 'Lyon', plan: null }, { ...ada, email: 'eve@example.test' }]);
    const words = await runCli(['plan', 'panel', '--log-level', 'error'], project);
    expect([words.code, words.stderr]).to.deep.equal([0, '']);
    expect(words.stdout.trimEnd().split('\n').at(-1)).to.equal(
      'Plan for panel (upsert): 1 to insert, 1 to update, 1 unchanged',
    );

    const json = await plan(['panel']);
    expect([json.code, json.trigger, json.status]).to.deep.equal([0, 'plan', 'succeeded']);
    expect(nonZeroRows(json)).to.deep.equal({ read: 3, unchanged: 1, inserted: 1, updated: 1 });
    const fields = { city: ['Paris', 'Lyon'] };
    const kept = ['characteristics.plan'];
    expect(json.sample).to.deep.include({ operation: 'update', email: bob.email, fields, kept });
    expect(words.stdout).to.contain('the Hub keeps its value');
    expect([json.requestsPlanned, json.minutesPlanned]).to.deep.equal([1, 0.01]);
    expect(panel.newRequests()).to.equal(0);
  });

  it('plan names people who are skipped or invalid, as many as asked for', async () => {
    await panel.setPeople([ada, { email: 'no e-mail' }, { email: null }, bob]);
    const skipping = await plan(['known-only', '--limit', '1']);
    expect(nonZeroRows(skipping)).to.deep.equal({ read: 4, invalid: 1, skipped: 3 });
    expect(skipping.skipped).to.deep.equal([{ email: ada.email, reason: 'not_in_snapshot' }]);
    const all = await plan(['panel']);
    expect(all.invalid.map(({ email }) => email)).to.deep.equal(['(row 3)', 'no e-mail']);
  });

  it('plan makes the tables that its record needs', async () => {
    await panel.setPeople([ada]);
    const empty = await createDatabase();
    try {
      const first = await plan(['panel'], project.withEnv({ DATABASE_URL: empty.url }));
      expect([first.code, first.runId, nonZeroRows(first)]).to.deep.equal([0, '1', { read: 1, inserted: 1 }]);
    } finally {
      await empty.drop();
    }
  });

  it('plan exits 4 when a guard would stop the run', async () => {
    await panel.setPeople([ada]);
    const stopped = await plan(['panel'], project.withEnv({ MIN_ROWS: '2' }));
    expect([stopped.code, stopped.status, stopped.error?.code]).to.deep.equal([4, 'stopped', 'guard_min_rows']);
  });

  it('plan --full plans as if nobody had been sent', async () => {
    await panel.setPeople([ada, bob]);
    await panel.run();
    expect(nonZeroRows(await plan(['panel']))).to.deep.equal({ read: 2, unchanged: 2 });
    expect(nonZeroRows(await plan(['panel', '--full']))).to.deep.equal({ read: 2, updated: 2 });
    expect(nonZeroRows(await plan(['panel']))).to.deep.equal({ read: 2, unchanged: 2 });
  });

  it('run reports for people and as one document, and logs apart from both', async () => {
    await panel.setPeople([ada]);
    const words = await runCli(['run', 'panel'], project);
    expect(words.code).to.equal(0);
    expect(words.stdout)
      .to.match(/^succeeded {2}panel {2}run 1, upsert/)
      .and.to.contain('1  inserted');
    const events = words.stderr.trim().split('\n');
    for (const event of events) expect(JSON.parse(event)).to.have.property('level');
    expect(words.stderr).to.not.contain('ada@');
    const json = await runCli(['run', 'panel', '--json', '--log-level', 'error'], project);
    expect([json.code, json.stderr]).to.deep.equal([0, '']);
    expect(nonZeroRows(reportOf(json))).to.deep.equal({ read: 1, unchanged: 1 });
  });

  it('run --all runs every sync and exits with the code that matters most', async () => {
    await panel.setPeople([ada, bob, { email: 'no e-mail' }, ...others(10)]);
    const result = await runCli(['run', '--all', '--json'], project);
    expect(result.code).to.equal(3);
    const reports = parseJsonOutput<readonly RunReport[]>(result);
    expect(reports.map(({ sync, status }) => [sync, status])).to.deep.equal([
      ['panel', 'partial'],
      ['known-only', 'succeeded'],
    ]);
  });

  it('run --limit sends a few, run --force passes a guard, and a guard alone exits 4', async () => {
    await panel.setPeople([ada, bob]);
    const few = await runInProcess(['run', 'panel', '--limit', '1', '--json'], project);
    expect(nonZeroRows(reportOf(few))).to.deep.equal({ read: 2, inserted: 1, unsent: 1 });
    const strict = project.withEnv({ MIN_ROWS: '3' });
    const stopped = await runInProcess(['run', 'panel', '--json'], strict);
    expect([stopped.code, reportOf(stopped).status]).to.deep.equal([4, 'stopped']);
    const forced = await runInProcess(['run', 'panel', '--force', '--json'], strict);
    expect([forced.code, nonZeroRows(reportOf(forced))]).to.deep.equal([0, { read: 2, unchanged: 1, inserted: 1 }]);
  });

  it('two processes never run the same sync: the second one exits 5', async () => {
    await panel.setPeople([ada]);
    const session = await panel.session();
    try {
      const result = await runCli(['run', 'panel', '--json', '--log-level', 'error'], project);
      expect(result.code).to.equal(5);
      expect(result.stdout).to.contain('"already_running"');
      const all = await runInProcess(['run', '--all', '--json', '--log-level', 'error'], project);
      expect([all.code, parseJsonOutput<readonly RunReport[]>(all).map(({ sync }) => sync)]).to.deep.equal([
        5,
        ['known-only'],
      ]);
      expect(all.stderr).to.contain('Another process is running the sync "panel"');
    } finally {
      await session.close();
    }
  });
});

function others(count: number): readonly (typeof ada)[] {
  return Array.from({ length: count }, (_, at) => ({ ...ada, email: `person${at}@example.test` }));
}
