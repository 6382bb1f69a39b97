import { expect } from 'chai';
import type { Rejection, Skip } from '../../../src/core/ports/records.ts';
import type { RunReport } from '../../../src/core/model/terms.ts';
import { parseJsonOutput, runCli } from '../../helpers/cli/cli.ts';
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

describe('commands that tell what is on record', () => {
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
    const result = await runCli([...args, '--json'], project);
    expect([result.code, result.stderr], args.join(' ')).to.deep.equal([0, '']);
    return parseJsonOutput<Document>(result);
  }

  async function words(...args: readonly string[]): Promise<string> {
    const result = await runCli(args, project);
    expect([result.code, result.stderr], args.join(' ')).to.deep.equal([0, '']);
    return result.stdout;
  }

  it('status tells how each sync stands', async () => {
    const held = { batches: 0, people: 0, runs: [] };
    const nothing = { paused: false, pausedAt: null, pausedBy: null, pauseReason: null, running: false, held };
    const daily = { schedule: '0 6 * * *', nextRunAt: nextSixOClock() };
    const manual = { schedule: null, nextRunAt: null };
    expect(await json('status')).to.deep.equal([
      { sync: 'panel', mode: 'upsert', ...daily, ...nothing, lastRun: runs[2], snapshot: 1, rejections: 2 },
      { sync: 'known-only', mode: 'update', ...manual, ...nothing, lastRun: runs[1], snapshot: 0, rejections: 0 },
    ]);
    const text = await words('status');
    expect(text).to.match(
      /^panel +upsert +0 6 \* \* \* +\d{4}-\d\d-\d\d 06:00:00Z +partial \(1\) +[\d-]{10} [\d:]{8}Z +0 +1 +2$/m,
    );
    expect(text).to.match(/^known-only +update +by hand +succeeded \(2\)/m);
  });

  it('runs lists runs and plans, newest first', async () => {
    expect(await json('runs')).to.deep.equal(runs);
    expect(await json('runs', '--limit', '1')).to.deep.equal(runs.slice(0, 1));
    expect(await json('runs', 'panel')).to.deep.equal(runs.slice(2));
    expect(await words('runs')).to.match(/^3 +known-only +plan.*\n2 +known-only +manual.*\n1 +panel +manual +partial/m);
  });

  it('show tells one run whole, by its id or as the latest', async () => {
    expect(await json('show', '1')).to.deep.equal(runs[2]);
    expect(await json('show', 'latest')).to.deep.equal(runs[0]);
    const text = await words('show', '1');
    expect(text)
      .to.match(/^partial {2}panel {2}run 1/)
      .and.to.contain('1  rejected')
      .and.to.contain('trigger manual');
  });

  for (const [command, id] of [
    ['show', '99'],
    ['show', 'first'],
    ['skips', '99999999999999999999'],
  ] as const) {
    it(`${command} ${id} names no run: exit code 2`, async () => {
      const result = await runCli([command, id, '--json'], project);
      expect([result.code, parseJsonOutput<{ error: { code: string } }>(result).error.code]).to.deep.equal([
        2,
        'unknown_run',
      ]);
    });
  }

  it('rejections tells who is refused, by whom and why', async () => {
    const rejections = await json<readonly Rejection[]>('rejections', 'panel');
    expect(rejections.map(({ email, by, runId, attempts }) => [email, by, runId, attempts])).to.deep.equal([
      [bob.email, 'destination', '1', 1],
      [sick.email, 'validation', '1', 1],
    ]);
    for (const rejection of rejections) {
      expect(rejection).to.include.keys('code', 'message', 'field', 'firstSeenAt', 'lastSeenAt');
    }
    const text = await words('rejections', 'panel', '--limit', '1');
    expect(text)
      .to.match(/^Bob@Example\.test +destination +email: /m)
      .and.to.contain('1 of 2; --limit shows more.');
    expect(text).to.not.contain(sick.email);
  });

  it('skips tells who was skipped, and with --duplicates who came more than once', async () => {
    expect(await json<readonly Skip[]>('skips', '2')).to.deep.equal([
      { email: 'ada@example.test', key: 'ada@example.test', reason: 'not_in_snapshot', rows: 1 },
      { email: 'new@example.test', key: 'new@example.test', reason: 'not_in_snapshot', rows: 1 },
    ]);
    expect(await words('skips', 'latest'))
      .to.match(/^new@example\.test +not_in_snapshot$/m)
      .and.to.contain('2 rows skipped');
    expect(await words('skips', '3')).to.contain('Run 3 is a plan: it keeps no rows.');
    expect(await json('skips', '1')).to.deep.equal([]);
    expect(await words('skips', '1')).to.equal('Run 1 of panel has no rows skipped.\n');
    expect(await words('skips', '1', '--duplicates')).to.match(/^ada@example\.test +2$/m);
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

  const answers: readonly (readonly [string, RegExp])[] = [
    ['status', /panel +upsert +.*never/],
    ['runs', /^No runs yet\./],
    ['rejections panel', /^No rejections are open in panel\.$/m],
    ['retry panel', /^Nothing to try again in panel/],
    ['resync panel', /^Nothing to send again: the snapshot of panel is empty\.$/m],
  ];
  for (const [command, answer] of answers) {
    it(`${command} has a friendly answer`, async () => {
      const [text, json] = await Promise.all([
        runCli(command.split(' '), project),
        runCli([...command.split(' '), '--json'], project),
      ]);
      expect([text.code, text.stderr, json.code]).to.deep.equal([0, '', 0]);
      expect(text.stdout).to.match(answer);
      parseJsonOutput(json);
    });
  }

  it('show latest says that there is no run yet', async () => {
    const { code, stderr } = await runCli(['show', 'latest'], project);
    expect(code).to.equal(2);
    expect(stderr).to.contain('There is no run yet.');
  });
});
