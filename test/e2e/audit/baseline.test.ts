import { expect } from 'chai';
import type { RunReport } from '../../../src/core/model/terms.ts';
import { parseJsonOutput, runOnTerminal, startCli } from '../../helpers/cli/cli.ts';
import { runInProcess } from '../../helpers/cli/in-process.ts';
import { nonZeroRows, openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { waitUntil } from '../../helpers/wait-until.ts';

const ada = { email: 'ada@example.test', first_name: 'Ada' };
const bob = { email: 'Bob@example.test', first_name: 'Bob' };

interface BaselineDocument {
  readonly found: number;
  readonly new: number;
  readonly resumed: boolean;
}

describe('panelsync baseline', () => {
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

  function fill(people: number): void {
    for (let at = 0; at < people; at += 1) panel.hub.add({ email: `p${at}@example.test` });
  }

  it('makes the people of the Hub known, so that update mode works on the first day', async () => {
    panel.hub.add({ ...ada, city: 'Oslo' });
    await panel.setPeople([{ ...ada, city: 'Paris' }, bob]);
    const made = await runInProcess(['baseline', 'known-only', '--json'], project);
    expect([made.code, parseJsonOutput(made)]).to.deep.equal([
      0,
      {
        sync: 'known-only',
        from: 'hub',
        baselineId: '1',
        beganAt: parseJsonOutput<{ beganAt: string }>(made).beganAt,
        resumed: false,
        found: 1,
        new: 1,
        different: 0,
        same: 0,
        kept: 0,
        keptDifferent: 0,
        repeated: 0,
        unusable: 0,
        returned: 0,
        unusableEntries: [],
        valuesThatDoNotFit: {},
        columns: null,
        columnsIgnored: [],
      },
    ]);
    expect(panel.hub.counters.batchesApplied).to.equal(0);
    const run = await runInProcess(['run', 'known-only', '--json'], project);
    expect(nonZeroRows(parseJsonOutput<RunReport>(run))).to.deep.equal({ read: 2, updated: 1, skipped: 1 });
    expect(Object.keys(panel.people())).to.deep.equal(['ada@example.test']);
  });

  it('says which entries it could not use, without naming anybody', async () => {
    panel.hub.setOptions({ allowMissingEmail: true });
    panel.hub.add(ada);
    panel.hub.add({ first_name: 'Nobody' });
    const { code, stdout } = await runInProcess(['baseline', 'panel'], project);
    expect(code).to.equal(0);
    expect(stdout).to.contain('entries 1 to ').and.not.to.contain('ada@');
  });

  it('reads an export, with columns named by their headers or by --map', async () => {
    await project.write('panel.csv', 'Kontakt;Vorname;Ort\nada@example.test;Ada;Oslo\nbob@example.test;Bob;\n');
    const args = ['baseline', 'panel', '--from', 'csv', '--file', 'panel.csv', '--delimiter', ';'];
    const unknown = await runInProcess(args, project);
    expect(unknown.code).to.equal(2);
    expect(unknown.stderr).to.contain('"Kontakt", "Vorname", "Ort"');
    const made = await runInProcess([...args, '--map', 'Kontakt=email', '--map', 'vorname=first_name'], project);
    expect([made.code, made.stderr.includes('rror')]).to.deep.equal([0, false]);
    expect(await panel.snapshot()).to.deep.equal({
      'ada@example.test': { email: 'ada@example.test', first_name: 'Ada' },
      'bob@example.test': { email: 'bob@example.test', first_name: 'Bob' },
    });
  });

  it('refuses options that do not fit together before anything is read', async () => {
    const cases: readonly (readonly string[])[] = [
      ['--from', 'csv'],
      ['--file', 'x.csv'],
      ['--from', 'csv', '--file', 'nobody.csv'],
      ['--from', 'csv', '--file', 'x.csv', '--map', 'Mail'],
      ['--from', 'csv', '--file', 'x.csv', '--delimiter', ';;'],
      ['--from', 'excel'],
    ];
    const results = await Promise.all(cases.map((args) => runInProcess(['baseline', 'panel', ...args], project)));
    expect(results.map(({ code }) => code)).to.deep.equal(cases.map(() => 2));
    expect(panel.newRequests()).to.equal(0);
  });

  it('resumes after a kill, and says so', async () => {
    fill(1000);
    panel.hub.setFaults({ kind: 'slow', delayMs: 600_000, on: 'get', after: 3 });
    const killed = startCli(['baseline', 'panel'], project);
    await waitUntil(() => panel.hub.counters.requests === 4);
    await waitUntil(async () => Object.keys(await panel.snapshot()).length === 594);
    killed.signal('SIGKILL');
    await killed.ended;
    const next = await runInProcess(['baseline', 'panel'], project);
    expect(next.code, next.stderr).to.equal(0);
    expect(next.stderr).to.match(/^Resuming the baseline of .* after 594 entries/m);
    expect(next.stdout).to.contain('1,000 people');
    expect(panel.hub.counters.requests).to.equal(7);
  });

  it('stops at once on Ctrl-C, with what it has read', async () => {
    fill(400);
    panel.hub.setFaults({ kind: 'slow', delayMs: 600_000, on: 'get', after: 1 });
    const stopped = startCli(['baseline', 'panel', '--json'], project);
    // Until the second request is there, its fault waits for the next baseline.
    await waitUntil(() => panel.hub.counters.requests === 2);
    await waitUntil(async () => Object.keys(await panel.snapshot()).length === 200);
    stopped.signal('SIGINT');
    const result = await stopped.ended;
    expect([result.code, parseJsonOutput<{ error: { code: string } }>(result).error.code]).to.deep.equal([
      130,
      'canceled',
    ]);
    expect(parseJsonOutput<BaselineDocument>(await runInProcess(['baseline', 'panel', '--json'], project))).to.include({
      found: 400,
      new: 400,
      resumed: true,
    });
  });

  it('says what is wrong with the key, the Hub or the database, and sends nothing', async () => {
    const cases: readonly [Project['env'], string][] = [
      [{ HUB_KEY: 'wrong' }, 'answered 401'],
      [{ HUB_URL: 'http://127.0.0.1:9/api' }, 'Cannot connect to the Hub'],
      [{ DATABASE_URL: 'postgres://nobody@127.0.0.1:9/x' }, 'state.url'],
      [{ WAREHOUSE_URL: 'postgres://nobody@127.0.0.1:9/x' }, 'sources.warehouse'],
    ];
    for (const [env, words] of cases) {
      const { code, stderr } = await runInProcess(['baseline', 'panel'], project.withEnv(env));
      expect([code, stderr.includes(words)], stderr).to.deep.equal([1, true]);
    }
    expect(panel.hub.counters.batchesApplied).to.equal(0);
  });

  it('shows its progress on a terminal', async () => {
    fill(450);
    const { code, stdout } = await runOnTerminal(['baseline', 'panel'], project);
    expect([code, stdout.includes('450 people')]).to.deep.equal([0, true]);
    expect(stdout).to.match(/reading the list of the Hub +450 rows/);
  });
});
