import { expect } from 'chai';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunReport } from '../../../src/core/model/terms.ts';
import type { PlanDrift } from '../../../src/sync/approve/drift.ts';
import { parseJsonOutput, startCli } from '../../helpers/cli/cli.ts';
import type { CliResult } from '../../helpers/cli/cli.ts';
import { runInProcess } from '../../helpers/cli/in-process.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { waitUntil } from '../../helpers/wait-until.ts';

const people = ['ada', 'bob'].map((name) => ({ email: `${name}@example.test`, first_name: name, city: 'Rome' }));

describe('plan --out and apply', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople(people);
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  function cli(...args: readonly string[]): Promise<CliResult> {
    return runInProcess([...args, '--log-level', 'error'], project);
  }

  async function savePlan(): Promise<string> {
    const result = await cli('plan', 'panel', '--out', 'plan.jsonl');
    expect([result.code, result.stderr]).to.deep.equal([0, '']);
    return join(project.cwd, 'plan.jsonl');
  }

  it('send what was planned, from a file that only its owner reads', async () => {
    const file = await savePlan();
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    expect(await readdir(project.cwd)).to.have.members(['config', 'plan.jsonl']);
    expect(panel.newRequests()).to.equal(0);
    const result = await cli('apply', 'plan.jsonl');
    expect([result.code, result.stderr]).to.deep.equal([0, '']);
    expect(panel.hub.people.size).to.equal(2);
  });

  it('name the file and the drift as documents', async () => {
    const planned = parseJsonOutput<{ readonly file: string }>(
      await cli('plan', 'panel', '--out', 'p.jsonl', '--json'),
    );
    expect(planned.file).to.equal(join(project.cwd, 'p.jsonl'));
    const sent = await cli('apply', 'p.jsonl', '--json');
    expect([sent.code, parseJsonOutput<{ readonly moved: unknown }>(sent).moved]).to.deep.equal([0, null]);
    const again = await cli('apply', 'p.jsonl', '--json');
    const { status, error, moved } = parseJsonOutput<RunReport & { readonly moved: PlanDrift }>(again);
    expect([again.code, status, error?.code]).to.deep.equal([4, 'stopped', 'plan_moved']);
    expect(moved).to.deep.include({ configuration: [], destination: null, snapshot: 'run 2 changed it' });
  });

  it('send nothing when the model moved, and say who would be sent instead', async () => {
    await savePlan();
    await panel.sql("update people set city = 'Oslo' where email = 'ada@example.test'");
    const result = await cli('apply', 'plan.jsonl');
    expect([result.code, result.stderr, panel.newRequests()]).to.deep.equal([4, '', 0]);
    expect(result.stdout).to.contain('ada@example.test  insert\n      city: Rome → Oslo\n');
    expect((await cli('show', 'latest')).stdout).not.to.include('@');
  });

  it('refuse what is no whole plan, before anything is done', async () => {
    const text = await readFile(await savePlan(), 'utf8');
    const wrong: readonly (readonly [string, string])[] = [
      [text.replace('Rome', 'Oslo'), 'is not whole|was changed'],
      [text.slice(0, -9), 'is not whole: its last line, the checksum, is missing or cut off'],
      [text.slice(0, text.indexOf('\n') + 1), 'is not whole'],
      ['', 'is not whole'],
      ['email,city\nada@example.test,Rome\nx,y\n', 'is not a saved plan of panelsync'],
      [text.replace('"version":1', '"version":2'), 'saves plans in another format'],
    ];
    for (const [content, words] of wrong) {
      await project.write('wrong.jsonl', content);
      const result = await cli('apply', 'wrong.jsonl');
      expect([result.code, result.stdout], words).to.deep.equal([2, '']);
      expect(result.stderr).to.match(new RegExp(words)).and.not.include('@');
    }
    expect((await cli('apply', 'nowhere.jsonl')).stderr).to.match(/nowhere\.jsonl cannot be read \(ENOENT\)/);
    const configuration = await readFile(join(project.cwd, 'config/panelsync.yaml'), 'utf8');
    const foreign = await cli('plan', 'panel', '--out', 'config/panelsync.yaml', '--json');
    expect([foreign.code, parseJsonOutput<{ error: { code: string } }>(foreign).error.code]).to.deep.equal([
      2,
      'file_unwritable',
    ]);
    expect(await readFile(join(project.cwd, 'config/panelsync.yaml'), 'utf8')).to.equal(configuration);
    const unwritable = await cli('plan', 'panel', '--out', 'nowhere/plan.jsonl');
    expect([unwritable.code, unwritable.stderr.split('\n')[0]]).to.deep.equal([
      2,
      `${project.cwd}/nowhere/plan.jsonl cannot be written (ENOENT).`,
    ]);
    expect(panel.newRequests()).to.equal(0);
  });

  it('leave what was in flight to the next run when they are killed', async () => {
    await savePlan();
    panel.hub.setFaults({ kind: 'slow', delayMs: 600_000, when: 'before' });
    const killed = startCli(['apply', 'plan.jsonl'], project);
    await waitUntil(() => panel.batchRequests > 0);
    killed.signal('SIGKILL');
    await killed.ended;
    panel.hub.setFaults();
    const again = await cli('apply', 'plan.jsonl');
    expect([again.code, panel.hub.people.size]).to.deep.equal([4, 0]);
    expect((await cli('run', 'panel')).code).to.equal(0);
    expect(panel.hub.people.size).to.equal(2);
  });
});
