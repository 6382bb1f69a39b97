import { expect } from 'chai';
import type { RunReport } from '../../../src/core/model/terms.ts';
import type { Rejection } from '../../../src/core/ports/row-lists.ts';
import { parseJsonOutput } from '../../helpers/cli/cli.ts';
import { runInProcess } from '../../helpers/cli/in-process.ts';
import { nonZeroRows, openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createDatabase, query } from '../../helpers/postgres/postgres.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';

const ada = { email: 'ada@example.test', first_name: 'Ada' };
const bob = { email: 'Bob@example.test', first_name: 'Bob' };
const eve = { email: 'eve@example.test', first_name: 'Eve' };

describe('commands that change what the next run does', () => {
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

  async function runPanel(): Promise<RunReport> {
    return parseJsonOutput<RunReport>(await runInProcess(['run', 'panel', '--json'], project));
  }

  it('retry makes the next run retry people whom the Hub rejected, all or one', async () => {
    panel.hub.setOptions({ rejectedEmails: ['bob@example.test', 'eve@example.test'] });
    await panel.setPeople([ada, bob, eve]);
    expect(nonZeroRows(await runPanel())).to.deep.equal({ read: 3, inserted: 1, rejected: 2 });
    panel.hub.setOptions({ rejectedEmails: [] });
    expect(nonZeroRows(await runPanel())).to.deep.equal({ read: 3, unchanged: 1, skipped: 2 });

    const one = await runInProcess(['retry', 'panel', '--email', ' BOB@Example.test ', '--json'], project);
    expect([one.code, parseJsonOutput(one)]).to.deep.equal([0, { sync: 'panel', marked: 1 }]);
    const rejections = parseJsonOutput<readonly Rejection[]>(
      await runInProcess(['rejections', 'panel', '--json'], project),
    );
    expect(rejections.filter(({ retry }) => retry).map(({ email }) => email)).to.deep.equal([bob.email]);
    expect(nonZeroRows(await runPanel())).to.deep.equal({ read: 3, unchanged: 1, skipped: 1, inserted: 1 });

    const rest = await runInProcess(['retry', 'panel'], project);
    expect([rest.code, rest.stderr]).to.deep.equal([0, '']);
    expect(nonZeroRows(await runPanel())).to.deep.equal({ read: 3, unchanged: 2, inserted: 1 });
    const nobody = await runInProcess(['retry', 'panel', '--email', 'bob@example.test', '--json'], project);
    expect(parseJsonOutput(nobody)).to.deep.equal({ sync: 'panel', marked: 0 });
  });

  it('retry refuses a blank e-mail and an unknown sync', async () => {
    const [blank, unknown] = await Promise.all([
      runInProcess(['retry', 'panel', '--email', ' '], project),
      runInProcess(['retry', 'pannel'], project),
    ]);
    expect([blank.code, unknown.code]).to.deep.equal([2, 2]);
    expect(unknown.stderr).to.contain('There is no sync "pannel"');
  });

  it('resync lets the next run send everybody again, once', async () => {
    await panel.setPeople([ada, bob]);
    await runPanel();
    const marked = await runInProcess(['resync', 'panel', '--json'], project);
    expect([marked.code, parseJsonOutput(marked)]).to.deep.equal([0, { sync: 'panel', people: 2 }]);
    const words = await runInProcess(['resync', 'panel'], project);
    expect([words.code, words.stderr]).to.deep.equal([0, '']);
    expect(nonZeroRows(await runPanel())).to.deep.equal({ read: 2, updated: 2 });
    expect(nonZeroRows(await runPanel())).to.deep.equal({ read: 2, unchanged: 2 });
  });

  it('resync --same-hub keeps the snapshot for a Hub that has another address now', async () => {
    await panel.setPeople([ada, bob]);
    await runPanel();
    await panel.sql("update panelsync.syncs set hub_address = 'https://former.test/api'");
    const stopped = await runInProcess(['run', 'panel', '--json'], project);
    expect([stopped.code, parseJsonOutput<{ error: { code: string } }>(stopped).error.code]).to.deep.equal([
      2,
      'another_hub',
    ]);
    const kept = await runInProcess(['resync', 'panel', '--same-hub', '--json'], project);
    const { former } = parseJsonOutput<{ former: string }>(kept);
    expect([kept.code, former]).to.deep.equal([0, 'https://former.test/api']);
    expect(nonZeroRows(await runPanel())).to.deep.equal({ read: 2, unchanged: 2 });
  });

  it('migrate makes the tables once, and then has nothing to do', async () => {
    const empty = await createDatabase();
    const environment = project.withEnv({ DATABASE_URL: empty.url });
    try {
      const first = await runInProcess(['migrate', '--json'], environment);
      expect([first.code, first.stderr]).to.deep.equal([0, '']);
      const { applied } = parseJsonOutput<{ readonly applied: readonly string[] }>(first);
      expect(applied).to.include('0001_state.sql');
      const recorded = await query<{ name: string }>(empty.url, 'select name from panelsync.migrations order by id');
      expect(recorded.map(({ name }) => name)).to.deep.equal(applied);
      const second = await runInProcess(['migrate'], environment);
      expect([second.code, second.stdout]).to.deep.equal([0, 'The state database is up to date.\n']);
      expect(parseJsonOutput(await runInProcess(['migrate', '--json'], environment))).to.deep.equal({ applied: [] });
    } finally {
      await empty.drop();
    }
  });
});
