import { expect } from 'chai';
import type { SyncOverview } from '../../../src/app/sync-overviews.ts';
import type { Rejection, Skip } from '../../../src/core/ports/row-lists.ts';
import type { RunReport } from '../../../src/core/model/terms.ts';
import { parseJsonOutput } from '../../helpers/cli/cli.ts';
import { runInProcess } from '../../helpers/cli/in-process.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';

const ada = { email: 'ada@example.test', first_name: 'Ada', city: 'London', plan: 'pro' };
const bob = { email: 'Bob@Example.test', first_name: 'Bob', city: 'Paris', plan: 'free' };
const sick = { email: 'no e-mail', first_name: 'Eve' };
const guards = { minRows: 0, maxRemovedPercent: 100, maxInvalidPercent: 100 };

function nextSixOClock(): string {
  const today = new Date().setUTCHours(6, 0, 0, 0);
  return new Date(today > Date.now() ? today : today + 24 * 3_600_000).toISOString();
}

describe('commands that list what is on record', () => {
  let panel: TestPanel;
  let project: Project;
  let runs: readonly RunReport[];

  /** One run in which a row leaves by nearly every door, then a run in update mode, then a plan of it. */
  before(async () => {
    panel = await openPanel({ rejectedEmails: ['bob@example.test'] });
    project = await createProject(panel);
    await panel.setPeople([ada, bob, sick, { ...ada, city: 'Rome' }]);
    const first = await panel.run();
    await panel.setPeople([ada, { ...ada, email: 'new@example.test' }]);
    const second = await panel.run({ sync: { name: 'known-only', mode: 'update', guards } });
    const { report } = await panel.plan({ sync: { name: 'known-only', mode: 'update', guards } });
    runs = [report, second, first];
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  async function json<Document>(...args: readonly string[]): Promise<Document> {
    const result = await runInProcess([...args, '--json'], project);
    expect([result.code, result.stderr], args.join(' ')).to.deep.equal([0, '']);
    return parseJsonOutput<Document>(result);
  }

  async function words(...args: readonly string[]): Promise<string> {
    const result = await runInProcess(args, project);
    expect([result.code, result.stderr], args.join(' ')).to.deep.equal([0, '']);
    return result.stdout;
  }

  it('status describes each sync', async () => {
    const held = { batches: 0, people: 0, runs: [] };
    const removed = { people: 0, marked: 0, refused: 0 };
    const nobody = { paused: false, pausedAt: null, pausedBy: null, pauseReason: null };
    const nothing = { ...nobody, removed, running: false, freshness: null, held };
    const daily = { schedule: '0 6 * * *', nextRunAt: nextSixOClock() };
    const manual = { schedule: null, nextRunAt: null };
    const refused = {
      state: 'refused',
      lastSuccessAt: runs[2]?.finishedAt,
      reasons: [
        { reason: 'email_invalid', field: 'email', message: 'the e-mail is malformed', count: 1 },
        { reason: 'refused_422', field: 'email', message: 'Email is not deliverable', count: 1 },
      ],
    };
    const healthy = { state: 'healthy', lastSuccessAt: runs[1]?.finishedAt, reasons: [] };
    expect(await json('status')).to.deep.equal([
      { sync: 'panel', ...refused, mode: 'upsert', ...daily, ...nothing, lastRun: runs[2], snapshot: 1, rejections: 2 },
      {
        sync: 'known-only',
        ...healthy,
        mode: 'update',
        ...manual,
        ...nothing,
        lastRun: runs[1],
        snapshot: 0,
        rejections: 0,
      },
    ]);
  });

  it('runs lists runs, newest first, and plans when asked', async () => {
    expect(await json('runs', '--plans')).to.deep.equal(runs);
    expect(await json('runs')).to.deep.equal(runs.slice(1));
    expect(await json('runs', '--limit', '1')).to.deep.equal(runs.slice(1, 2));
    expect(await json('runs', 'panel')).to.deep.equal(runs.slice(2));
  });

  it('show prints one run in full, by its id or as the latest', async () => {
    expect(await json('show', '1')).to.deep.equal(runs[2]);
    expect(await json('show', 'latest')).to.deep.equal(runs[0]);
  });

  for (const [command, id] of [
    ['show', '99'],
    ['show', 'first'],
    ['skips', '99999999999999999999'],
  ] as const) {
    it(`${command} ${id} names no run: exit code 2`, async () => {
      const result = await runInProcess([command, id, '--json'], project);
      expect([result.code, parseJsonOutput<{ error: { code: string } }>(result).error.code]).to.deep.equal([
        2,
        'unknown_run',
      ]);
    });
  }

  it('rejections lists people with who rejected them and why', async () => {
    const rejections = await json<readonly Rejection[]>('rejections', 'panel');
    expect(rejections.map(({ email, by, runId, attempts }) => [email, by, runId, attempts])).to.deep.equal([
      [bob.email, 'destination', '1', 1],
      [sick.email, 'validation', '1', 1],
    ]);
    for (const rejection of rejections) {
      expect(rejection).to.include.keys('code', 'message', 'field', 'firstSeenAt', 'lastSeenAt');
    }
    expect(await json('rejections', 'panel', '--limit', '1')).to.deep.equal(rejections.slice(0, 1));
    expect(await json('rejections', 'panel', '--reason', 'email_invalid')).to.deep.equal(rejections.slice(1));
    const csv = await words('rejections', 'panel', '--csv', '--reason', 'email_invalid');
    expect(csv).to.match(
      /^email,by,code,message,field,runId,firstSeenAt,lastSeenAt,attempts\nno e-mail,validation,email_invalid,/,
    );
    expect((await runInProcess(['rejections', 'panel', '--csv', '--json'], project)).code).to.equal(2);
  });

  it('skips lists skipped people, and with --duplicates those who occur more than once', async () => {
    expect(await json<readonly Skip[]>('skips', '2')).to.deep.equal([
      { email: 'ada@example.test', key: 'ada@example.test', reason: 'not_in_snapshot', rows: 1 },
      { email: 'new@example.test', key: 'new@example.test', reason: 'not_in_snapshot', rows: 1 },
    ]);
    const csv = 'email,reason\nada@example.test,not_in_snapshot\nnew@example.test,not_in_snapshot\n';
    expect(await words('skips', 'latest', '--csv')).to.equal(csv);
    expect(await json('skips', '2', '--reason', 'not_in_snapshot', '--limit', '1')).to.have.length(1);
    expect(await json('skips', '2', '--reason', 'rejected_before')).to.deep.equal([]);
    expect(await json('skips', '3')).to.deep.equal([]);
    expect(await json('skips', '1')).to.deep.equal([]);
    expect(await words('skips', '1', '--duplicates', '--csv')).to.equal('email,rows\nada@example.test,2\n');
  });

  it('a control character in a row does not reach the terminal', async () => {
    await panel.sql(`update panelsync.rejections set email = e'\\x1b[2Jgone' where refused_by = 'validation'`);
    expect(await words('rejections', 'panel'))
      .to.contain('\uFFFD[2Jgone')
      .and.to.not.contain('\x1b');
  });
});

describe('the same commands on a database without tables', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    await panel.sql('drop table panelsync.migrations');
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  for (const command of ['status', 'runs', 'rejections panel', 'retry panel', 'resync panel']) {
    it(`${command} has a friendly answer`, async () => {
      const [text, json] = await Promise.all([
        runInProcess(command.split(' '), project),
        runInProcess([...command.split(' '), '--json'], project),
      ]);
      expect([text.code, text.stderr, json.code]).to.deep.equal([0, '', 0]);
      parseJsonOutput(json);
    });
  }

  it('show latest says that there is no run yet', async () => {
    const result = await runInProcess(['show', 'latest', '--json'], project);
    expect([result.code, parseJsonOutput<{ error: { code: string } }>(result).error.code]).to.deep.equal([
      2,
      'unknown_run',
    ]);
  });
});

describe('the age of the data, from outside', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    await panel.setPeople([ada]);
    await project.write('config/models/people.sql', "select *, now() - interval '3 hours' as updated_at from people");
    await configure('26h');
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  const configure = (maxAge: string): Promise<void> =>
    project.configure({ "    schedule: '0 6 * * *'": `    freshness: { column: updated_at, maxAge: ${maxAge} }` });
  const status = async (): Promise<SyncOverview | undefined> =>
    parseJsonOutput<readonly SyncOverview[]>(await runInProcess(['status', '--json'], project))[0];

  it('is in the status of its sync, which is stale once it is too old', async () => {
    const age = String.raw`panel: the newest updated_at is \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ,`;
    expect((await runInProcess(['status'], project)).stdout).to.not.contain('updated_at');
    expect((await runInProcess(['run', 'panel'], project)).stdout).to.match(
      /^Data: the newest updated_at is .* old\.$/m,
    );
    const fresh = await runInProcess(['status'], project);
    expect(fresh.stdout)
      .to.match(/healthy/)
      .and.match(new RegExp(`^${age} 3 h( \\d+ min)? old\\.$`, 'm'));
    await panel.sql("update panelsync.runs set newest_data_at = newest_data_at - interval '2 days'");
    const advice = String.raw`freshness\.maxAge is 26 h\. Look at what fills the warehouse\.`;
    const stale = await runInProcess(['status'], project);
    expect(stale.stdout)
      .to.match(/stale data/)
      .and.match(new RegExp(`^${age} 51 h( \\d+ min)? old; ${advice}$`, 'm'));
    const { state, freshness } = (await status()) ?? {};
    expect(state).to.equal('stale');
    expect(freshness).to.include({ column: 'updated_at', maxAgeSeconds: 93_600, stale: true });
    await configure('3d');
    expect((await status())?.state, 'by the limit of now').to.equal('healthy');
    await configure('26h');
    expect((await runInProcess(['pause', 'panel'], project)).code).to.equal(0);
    const paused = await status();
    expect([paused?.state, paused?.freshness?.stale]).to.deep.equal(['paused', false]);
  });
});
