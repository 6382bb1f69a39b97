import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RunReport } from '../../../src/core/model/terms.ts';
import { startEmbedded } from '../../../src/embedded/embedded.ts';
import type { EmbeddedPostgres } from '../../../src/embedded/embedded.ts';
import { TestDaemons, neverSchedule } from '../../helpers/daemon/daemon.ts';
import type { Daemon } from '../../helpers/daemon/daemon.ts';
import { startFaultProxy } from '../../helpers/network/fault-proxy.ts';
import type { FaultProxy } from '../../helpers/network/fault-proxy.ts';
import { http } from '../../helpers/network/http-request.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { query, silentLog } from '../../helpers/postgres/postgres.ts';
import { createProject, peopleModel } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { waitUntil } from '../../helpers/wait-until.ts';

describe('a daemon survives', () => {
  let panel: TestPanel;
  let project: Project;
  let daemons: TestDaemons;
  let proxy: FaultProxy;
  /** The panel's database by way of the proxy. */
  let proxiedUrl: string;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    daemons = new TestDaemons(project);
    await daemons.configure();
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople(Array.from({ length: 20 }, (_, at) => ({ email: `person${at}@example.test`, plan: 'pro' })));
    const url = new URL(panel.url);
    proxy = await startFaultProxy({ target: { host: url.hostname, port: Number(url.port) } });
    url.host = `${proxy.host}:${proxy.port}`;
    proxiedUrl = url.href;
  });
  afterEach(async () => {
    await daemons.killAll();
    await proxy.close();
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  async function runs(): Promise<readonly RunReport[]> {
    return (await panel.records()).runs('panel', 1000);
  }

  async function waitForRun(matches: (run: RunReport) => boolean): Promise<void> {
    await waitUntil(async () => (await runs()).some(matches));
  }

  async function waitForReadiness(daemon: Daemon, status: number): Promise<string> {
    let text = '';
    await waitUntil(async () => {
      const answer = await http(`${daemon.url}/readyz`);
      text = answer.text;
      return answer.status === status;
    });
    return text;
  }

  it('a state database that is not available yet, and one that goes away and comes back', async () => {
    await proxy.refuse(true);
    const daemon = await daemons.start({ DATABASE_URL: proxiedUrl });
    expect(await waitForReadiness(daemon, 503))
      .to.contain('state_unreachable')
      .and.to.contain('connection refused');
    expect((await http(`${daemon.url}/healthz`)).status).to.equal(200);
    await proxy.refuse(false);
    await waitForReadiness(daemon, 200);
    await waitForRun(({ status }) => status === 'succeeded');

    await proxy.refuse(true);
    proxy.cutAll();
    await waitForReadiness(daemon, 503);
    await daemon.waitForLog('scheduled run delayed');
    const before = (await runs()).length;
    await proxy.refuse(false);
    await waitForReadiness(daemon, 200);
    await waitUntil(async () => (await runs()).length > before);
    daemon.signal('SIGTERM');
    expect((await daemon.ended).code).to.equal(0);
  });

  it('a state database that does not answer, and stops nevertheless', async () => {
    const daemon = await daemons.start({ DATABASE_URL: proxiedUrl, SHUTDOWN_TIMEOUT_MS: '500' });
    await waitForRun(({ status }) => status === 'succeeded');
    proxy.stall(true);
    expect(await waitForReadiness(daemon, 503)).to.contain('"code":"state_');
    daemon.signal('SIGTERM');
    expect((await daemon.ended).code).to.equal(0);
  });

  it('an unreachable warehouse: each run fails and is recorded, and the next one succeeds when it is back', async () => {
    await proxy.refuse(true);
    const daemon = await daemons.start({ WAREHOUSE_URL: proxiedUrl });
    await waitUntil(async () => (await runs()).length >= 3);
    const failed = await runs();
    for (const { status, error, finishedAt } of failed.filter((run) => run.finishedAt !== null)) {
      expect([status, error?.code, finishedAt === null]).to.deep.equal(['failed', 'source_unreachable', false]);
    }
    const outlook = await daemon.waitForLog('the next run tries again');
    expect(outlook).to.include({ sync: 'panel', code: 'source_unreachable' });
    await waitForReadiness(daemon, 200);
    await proxy.refuse(false);
    await waitForRun(({ status, rows }) => status === 'succeeded' && rows.inserted === 20);
  });

  it('a model with an error: each run fails, and the log says that somebody has to correct it', async () => {
    await project.write('config/models/people.sql', 'select email from no_such_table');
    try {
      const daemon = await daemons.start();
      const outlook = await daemon.waitForLog('runs keep failing until this is corrected');
      expect(outlook).to.include({ level: 'warn', sync: 'panel', code: 'model_sql_error' });
    } finally {
      await project.write('config/models/people.sql', peopleModel);
    }
  });

  it('a Hub that answers 503, and sends everybody once it is back', async () => {
    panel.hub.setFaults({ kind: 'status', status: 503, times: 1000 });
    await daemons.start();
    await waitUntil(async () => (await runs()).filter(({ status }) => status === 'failed').length >= 3);
    panel.hub.setFaults();
    await waitForRun(({ status, rows }) => status === 'succeeded' && rows.unchanged === 20);
    expect([panel.hub.people.size, panel.hub.counters.repeated]).to.deep.equal([20, 0]);
  });

  it('starts nothing that is paused, and continues when the pause ends', async () => {
    const daemon = await daemons.start({ SCHEDULE: neverSchedule });
    await daemon.waitForLog('schedules started');
    await panel.sql("insert into panelsync.syncs (name, paused_at, paused_by) values ('panel', now(), 'somebody')");
    const other = await daemons.start({}, ['--log-level', 'debug']);
    await other.waitForLog('scheduled run not claimed: another process claimed it, or the sync is paused', 3);
    expect(await runs()).to.deep.equal([]);
    await panel.sql('update panelsync.syncs set paused_at = null, paused_by = null');
    await waitForRun(({ status }) => status === 'succeeded');
  });

  describe('Postgres', () => {
    let directory: string;
    let postgres: EmbeddedPostgres;
    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'panelsync-crash-'));
      postgres = await startEmbedded({ directory, log: silentLog, durability: 'throwaway' });
    });
    after(async () => {
      await postgres.close();
      await rm(directory, { recursive: true, force: true });
    });

    it('that crashes under a run and recovers: the run stops sending, and the next one repairs', async () => {
      // The batches together take far longer than Postgres takes to crash, also on a busy machine.
      panel.hub.setOptions({ latencyMs: 2000 });
      const daemon = await daemons.start({ DATABASE_URL: postgres.url, BATCH_SIZE: '2' });
      await waitUntil(() => panel.hub.counters.batchesApplied >= 2);
      const [backend] = await query<{ pid: number }>(
        postgres.url,
        "select pid from pg_stat_activity where application_name like 'panelsync%' and datname is not null limit 1",
      );
      // One backend that dies by force takes all others with it, as an immediate restart does.
      process.kill(backend?.pid ?? Number.NaN, 'SIGKILL');
      await waitUntil(() => daemon.log().some(({ level }) => level === 'error'));
      panel.hub.setOptions({ latencyMs: 0 });
      await waitUntil(async () => (await daemonRuns()).some((run) => run.unchanged === 20));
      expect(panel.hub.people.size).to.equal(20);
      const [first] = await daemonRuns();
      expect(first?.status).to.equal('failed');
      await waitForReadiness(daemon, 200);
    });

    async function daemonRuns(): Promise<readonly { readonly status: string; readonly unchanged: number }[]> {
      // While it recovers it takes no connection.
      return query<{ status: string; unchanged: number }>(
        postgres.url,
        'select status, unchanged::int from panelsync.runs order by id',
      ).catch(() => []);
    }
  });
});
