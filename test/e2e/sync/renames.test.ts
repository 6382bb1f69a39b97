import { expect } from 'chai';
import type { RunReport } from '../../../src/core/model/terms.ts';
import { parseJsonOutput } from '../../helpers/cli/cli.ts';
import { runInProcess } from '../../helpers/cli/in-process.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

const person = (name: string, id: string) => ({ email: `${name}@example.test`, city: 'Rome', note: id });

describe('people with a new e-mail, from outside', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    await project.configure({
      '    guards: { minRows: ${MIN_ROWS:-1} }\n': '    identity: note\n    guards: { maxRemovedPercent: 80 }\n',
    });
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  it('are planned, reported, listed and explained, and unlinked when they are forgotten', async () => {
    await panel.setPeople([person('ada', '1'), person('bob', '2')]);
    await panel.run({ sync: { identity: 'note' } });
    await panel.setPeople([person('ada2', '1'), person('bob', '2')]);

    const plan = await runInProcess(['plan', 'panel'], project);
    expect(plan.stdout).to.include('rename  ada@example.test → ada2@example.test  city: Rome');
    expect(plan.stdout).to.match(/Plan for panel \(upsert\): 1 to insert \(1 renamed\), 1 unchanged\n$/);
    const run = parseJsonOutput<RunReport>(await runInProcess(['run', 'panel', '--json'], project));
    expect([run.rows.inserted, run.renamed]).to.deep.equal([1, 1]);
    const shown = await runInProcess(['show', run.runId], project);
    expect(shown.stdout).to.match(/1\s+renamed\s+of the inserted, with a new e-mail: panelsync renames panel/);

    const [rename] = parseJsonOutput<readonly Readonly<Record<string, string>>[]>(
      await runInProcess(['renames', 'panel', '--json'], project),
    );
    const { at, ...listed } = rename ?? {};
    const people = { email: 'ada2@example.test', previousEmail: 'ada@example.test' };
    expect(listed).to.deep.equal({ ...people, reason: 'kept', runId: run.runId });
    expect(Date.parse(at ?? '')).to.be.within(Date.parse(run.startedAt), Date.now());
    const text = await runInProcess(['renames', 'panel'], project);
    expect(text.stdout).to.match(/^rows\s+reason\n\s+1\s+kept\n/);
    const csv = await runInProcess(['renames', 'panel', '--csv', '--reason', 'back'], project);
    expect(csv.stdout).to.equal('email,previousEmail,reason,runId,at\n');
    const removed = await runInProcess(['removed', 'panel'], project);
    expect(removed.stdout).to.include('renamed to ada2@example.test');
    const explained = await runInProcess(['explain', 'ada@example.test'], project);
    expect(explained.stdout).to.include('renamed: ada@example.test → ada2@example.test');

    const keyed = project.withEnv({ PANELSYNC_HASH_KEY: 'a key for tests that is long enough' });
    const forgotten = await runInProcess(['forget', 'ada@example.test'], keyed);
    expect(forgotten.stdout).to.include('known as ada2@example.test, too.');
    const nobody = await runInProcess(['renames', 'panel'], project);
    expect(nobody.stdout).to.equal('Nobody in panel is known to have a new e-mail.\n');
  });
});
