import { expect } from 'chai';
import { runCli, runOnTerminal, startOnTerminal } from '../../helpers/cli/cli.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';

/** Begins a sequence that is no text: a colour, or where to draw the bar. */
const escape = '\x1b[';

describe('on a terminal', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    await panel.setPeople([{ email: 'ada@example.test', first_name: 'Ada' }, { email: 'no e-mail' }]);
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  it('run shows its progress with the pace, then a report in colours, and no log', async () => {
    const { code, stdout } = await runOnTerminal(['run', 'panel', '--force'], project);
    expect(code).to.equal(3);
    expect(stdout)
      .to.match(/reading {2}\d/)
      .and.to.match(/sending \(1 request, 1 s at 6,000 a minute\) {2}[█░]+/);
    expect(stdout).to.contain(`${escape}33mpartial`).and.to.contain('inserted');
    expect(stdout).to.not.contain('"level"').and.to.not.contain('run started');
  });

  it('run logs all the same when it is asked to', async () => {
    const { stdout } = await runOnTerminal(['run', 'panel', '--log-level', 'info'], project);
    expect(stdout).to.contain('run started');
  });

  it('says once what made a run fail or stop', async () => {
    const failing = project.withEnv({ HUB_URL: 'http://127.0.0.1:9/api', NO_COLOR: '1' });
    const failed = await runOnTerminal(['run', 'panel', '--full', '--force'], failing);
    expect([failed.code, failed.stdout.match(/ECONNREFUSED/g)?.length], failed.stdout).to.deep.equal([1, 1]);
    const stopped = await runOnTerminal(['run', 'panel'], project.withEnv({ MIN_ROWS: '1000' }));
    expect([stopped.code, stopped.stdout.match(/guards\.minRows \(/g)?.length]).to.deep.equal([4, 1]);
  });

  it('leaves colours and bar out where there is no terminal', async () => {
    const { stdout, stderr } = await runCli(['run', 'panel', '--full', '--force'], project);
    expect(stdout).to.contain('partial').and.to.not.contain(escape);
    expect(stderr).to.contain('run started').and.to.not.contain('sending').and.to.not.contain(escape);
  });

  it('leaves colours out where NO_COLOR asks for it', async () => {
    const { code, stdout } = await runOnTerminal(['status'], project.withEnv({ NO_COLOR: '1' }));
    expect([code, stdout.includes(escape)]).to.deep.equal([0, false]);
    expect(stdout).to.contain('known-only');
  });

  const answers: readonly (readonly [string, string, number, boolean])[] = [
    ['n', 'n\n', 130, false],
    ['an empty line', '\n', 130, false],
    ['Ctrl-C', '\x03', 130, false],
    ['y', 'y\n', 0, true],
  ];
  for (const [name, typed, code, done] of answers) {
    it(`resync asks before it changes anything, and ${name} ${done ? 'lets it' : 'stops it'}`, async () => {
      const command = startOnTerminal(['resync', 'panel'], project);
      await command.waitForOutput('stdout', '[y/N]');
      command.typeText(typed);
      const result = await command.ended;
      expect(result.code, result.stdout).to.equal(code);
      expect(result.stdout.includes('as if they had not been sent')).to.equal(done);
    });
  }

  it('resync --yes does not ask', async () => {
    const { code, stdout } = await runOnTerminal(['resync', 'panel', '--yes'], project);
    expect([code, stdout.includes('[y/N]')]).to.deep.equal([0, false]);
  });

  it('shows nothing that a column name or a value would make the terminal do', async () => {
    await project.write('config/models/odd.sql', 'select email, first_name as "n\u001b[2J\u202e" from people');
    const syncs = `syncs: { odd: { source: warehouse, model: models/odd.sql, mapping: { email: email, first_name: name } } }`;
    await project.write(
      'config/odd.yaml',
      `state: { url: "\${DATABASE_URL}" }
destination: { apiKey: key, baseUrl: "\${HUB_URL}" }
sources: { warehouse: { type: postgres, url: "\${WAREHOUSE_URL}" } }
${syncs}`,
    );
    for (const args of [['check'], ['run', 'odd'], ['run', 'odd', '--json'], ['check', '--json']]) {
      const { code, stdout, stderr } = await runCli([...args, '--config', 'config/odd.yaml'], project);
      expect(code, stderr).to.be.greaterThan(0);
      // oxlint-disable-next-line no-control-regex -- what a terminal would obey
      expect(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/.test(stdout + stderr), args.join(' ')).to.equal(false);
    }
  });

  const commands: readonly (readonly [string, number, string])[] = [
    ['check', 0, '✓ ok'],
    ['plan known-only', 0, 'Plan for known-only (update)'],
    ['status', 0, 'known-only'],
    ['runs', 0, 'manual'],
    ['show latest', 0, 'trigger'],
    ['rejections panel', 0, 'no e-mail'],
    ['skips 1', 0, 'no skipped rows'],
    ['retry panel', 0, 'Nothing to retry'],
    ['resync known-only', 0, 'Nothing to send again'],
    ['migrate', 0, 'up to date'],
    ['init starter', 0, 'wrote .env.example'],
    ['status --config nowhere.yaml', 2, 'nowhere.yaml'],
    ['stauts', 2, 'Did you mean status?'],
  ];
  for (const [command, code, text] of commands) {
    it(`${command} exits ${code}`, async () => {
      const result = await runOnTerminal(command.split(' '), project);
      expect(result.code, result.stdout).to.equal(code);
      expect(result.stdout).to.contain(text);
    });
  }

  it('status --json is one document without colours', async () => {
    const { stdout } = await runOnTerminal(['status', '--json'], project);
    expect(JSON.parse(stdout)).to.have.length(2);
  });
});
