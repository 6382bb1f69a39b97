import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect } from 'chai';
import { runCli } from '../../helpers/cli/cli.ts';
import { Daemons, never } from '../../helpers/daemon/daemon.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { openProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';

describe('start', function () {
  this.timeout(60_000);
  let panel: TestPanel;
  let project: Project;
  let daemons: Daemons;
  before(async () => {
    panel = await openPanel();
    project = await openProject(panel);
    daemons = new Daemons(project);
    await daemons.configure();
  });
  afterEach(() => daemons.killAll());
  after(async () => {
    await project.remove();
    await panel.close();
  });

  it('ends with 2 where the configuration is faulty, and names the field of the schedule', async () => {
    const end = await runCli(['start'], project.with({ SCHEDULE: '* * * * mon-fry' }));
    expect(end.code).to.equal(2);
    expect(end.stderr).to.contain('syncs.panel.schedule: is not right in the day of week (0 to 7, or sun to sat)');
  });

  it('ends with 2 where somebody else listens already', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    try {
      const end = await runCli(['start'], project.with({ SCHEDULE: never, PORT: port }));
      expect(end.code).to.equal(2);
      expect(end.stderr).to.contain(
        `cannot listen on 127.0.0.1:${port}: another program listens there already (EADDRINUSE)`,
      );
    } finally {
      other.close();
    }
  });

  it('tells in its log where it listens, and what it keeps with the next run of each', async () => {
    const daemon = await daemons.start({ SCHEDULE: never });
    expect(daemon.url).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
    const { syncs } = await daemon.logged('schedules are kept');
    const nextRunAt = `${new Date().getUTCFullYear() + 1}-01-01T00:00:00.000Z`;
    expect(syncs).to.deep.equal([{ sync: 'panel', schedule: never, timezone: 'UTC', nextRunAt }]);
  });

  it('misses a canary once, in its log and in the report of its first run, at a Hub that is not on this machine', async () => {
    // It is this machine all the same, and what speaks there is no TLS.
    const url = panel.hub.url.replace('http://127.0.0.1', 'https://0.0.0.0');
    const daemon = await daemons.start({ HUB_URL: url });
    await daemon.logged('run finished', 3);
    expect(daemon.log().filter(({ message }) => message === 'wire profile not verified')).to.have.length(1);
    const notes = daemon.log().flatMap(({ message, notes: told }) => (message === 'run finished' ? [told] : []));
    expect(JSON.stringify(notes[0])).to.contain('panelsync canary <sync>');
    expect(JSON.stringify(notes.slice(1))).not.to.contain('canary');
  });
});
