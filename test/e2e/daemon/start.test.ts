import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect } from 'chai';
import { runCli } from '../../helpers/cli/cli.ts';
import { TestDaemons, neverSchedule } from '../../helpers/daemon/daemon.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';

describe('start', () => {
  let panel: TestPanel;
  let project: Project;
  let daemons: TestDaemons;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    daemons = new TestDaemons(project);
    await daemons.configure();
  });
  afterEach(() => daemons.killAll());
  after(async () => {
    await project.remove();
    await panel.close();
  });

  it('exits with 2 if the configuration is invalid, and names the field of the schedule', async () => {
    const result = await runCli(['start'], project.withEnv({ SCHEDULE: '* * * * mon-fry' }));
    expect(result.code).to.equal(2);
    expect(result.stderr).to.contain(
      'syncs.panel.schedule: has an invalid value for the day of week (0 to 7, or sun to sat)',
    );
  });

  it('exits with 2 if another program listens already', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    try {
      const result = await runCli(['start'], project.withEnv({ SCHEDULE: neverSchedule, PORT: port }));
      expect(result.code).to.equal(2);
      expect(result.stderr).to.contain(
        `cannot listen on 127.0.0.1:${port}: another program listens there already (EADDRINUSE)`,
      );
    } finally {
      other.close();
    }
  });

  it('logs where it listens, and the schedules with the next run of each', async () => {
    const daemon = await daemons.start({ SCHEDULE: neverSchedule });
    expect(daemon.url).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
    const { syncs } = await daemon.waitForLog('schedules started');
    const nextRunAt = `${new Date().getUTCFullYear() + 1}-01-01T00:00:00.000Z`;
    expect(syncs).to.deep.equal([{ sync: 'panel', schedule: neverSchedule, timezone: 'UTC', nextRunAt }]);
  });

  it('asks for a canary once, in its log and in the report of its first run, at a Hub that is not on this machine', async () => {
    // It is this machine all the same, and what speaks there is no TLS.
    const url = panel.hub.url.replace('http://127.0.0.1', 'https://0.0.0.0');
    const daemon = await daemons.start({ HUB_URL: url });
    await daemon.waitForLog('run finished', 3);
    expect(daemon.log().filter(({ message }) => message === 'wire profile not verified')).to.have.length(1);
    const notes = daemon
      .log()
      .flatMap(({ message, notes: runNotes }) => (message === 'run finished' ? [runNotes] : []));
    expect(JSON.stringify(notes[0])).to.contain('panelsync canary <sync>');
    expect(JSON.stringify(notes.slice(1))).not.to.contain('canary');
  });
});
