import { expect } from 'chai';
import type { RunReport } from '../../../src/core/model/terms.ts';
import { parseJsonOutput } from '../../helpers/cli/cli.ts';
import { runInProcess } from '../../helpers/cli/in-process.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

const [ada, bob, eve] = ['ada', 'bob', 'eve'].map((name) => ({ email: `${name}@example.test`, city: 'Rome' }));

describe('people who left, from outside', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    await project.configure({
      '    guards: { minRows: ${MIN_ROWS:-1} }\n':
        '    guards: { maxRemovedPercent: 80 }\n    removed:\n      action: mark\n' +
        '      set: { characteristics: { in_panel: false } }\n      restore: { characteristics: { in_panel: true } }\n',
    });
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  it('are planned, marked, reported and listed with since when', async () => {
    await panel.setPeople([ada, bob, eve].flatMap((row) => row ?? []));
    await runInProcess(['run', 'panel', '--json'], project);
    expect((await runInProcess(['removed', 'panel'], project)).stdout).to.equal(
      'Nobody has left the model of panel.\n',
    );
    panel.hub.setOptions({ rejectedEmails: ['eve@example.test'] });
    await panel.setPeople(ada === undefined ? [] : [ada]);

    const plan = await runInProcess(['plan', 'panel'], project);
    expect(plan.stdout).to.include('mark  bob@example.test  characteristics.in_panel: false');
    expect(plan.stdout).to.match(/Plan for panel \(upsert\): 2 to mark, 1 unchanged\n$/);
    const run = await runInProcess(['run', 'panel', '--json'], project);
    const report = parseJsonOutput<RunReport>(run);
    expect([run.code, report.removals]).to.deep.equal([3, { marked: 1, restored: 0, rejected: 1, unsent: 0 }]);

    const listed = parseJsonOutput<readonly object[]>(await runInProcess(['removed', 'panel', '--json'], project));
    const left = { reason: 'left', renamedTo: null, since: report.startedAt, runId: report.runId };
    expect(listed).to.deep.equal([
      { email: 'bob@example.test', ...left, marked: true, markedAt: report.startedAt, refusal: null },
      {
        email: 'eve@example.test',
        ...left,
        marked: false,
        markedAt: null,
        refusal: {
          code: 'refused_422',
          message: 'Email is not deliverable',
          field: 'email',
          runId: report.runId,
          attempts: 1,
        },
      },
    ]);
    const text = await runInProcess(['removed', 'panel', '--limit', '1'], project);
    expect(text.stdout).to.match(/^rows {2}reason\n {3}2 {2}left\n\ne-mail/);
    expect(text.stdout).to.include('2 people; 1 shown (--limit shows more). The Hub keeps them: nobody is deleted.');
    const status = await runInProcess(['status'], project);
    expect(status.stdout).to.include(
      'panel: 2 people left the model, 1 of them marked in the Hub, 1 whose mark the Hub refused.',
    );
    const csv = await runInProcess(['removed', 'panel', '--csv', '--reason', 'imported'], project);
    expect(csv.stdout).to.equal('email,reason,renamedTo,since,runId,marked,markedAt,code,message\n');
    const unknown = await runInProcess(['removed', 'panel', '--reason', 'gone'], project);
    expect([unknown.code, unknown.stderr]).to.satisfy(([code, error]: [number, string]) => code === 2 && error !== '');
    const explained = await runInProcess(['explain', 'bob@example.test'], project);
    expect(explained.stdout).to.include('mark  characteristics.in_panel: false');
  });
});
