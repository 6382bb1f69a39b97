import { expect } from 'chai';
import type { RunReport } from '../../../src/core/model/terms.ts';
import { TestDaemons, neverSchedule } from '../../helpers/daemon/daemon.ts';
import { http, parseJson } from '../../helpers/network/http-request.ts';
import { nonZeroRows, openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { waitUntil } from '../../helpers/wait-until.ts';

/** Longer than any test may take. */
const neverMs = 600_000;

describe('signals to a daemon', () => {
  let panel: TestPanel;
  let project: Project;
  let daemons: TestDaemons;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    daemons = new TestDaemons(project);
  });
  beforeEach(async () => {
    await daemons.configure();
    await panel.reset();
    await panel.setPeople(Array.from({ length: 50 }, (_, at) => ({ email: `person${at}@example.test`, plan: 'pro' })));
  });
  afterEach(() => daemons.killAll());
  after(async () => {
    await project.remove();
    await panel.close();
  });

  async function lastRun(): Promise<RunReport | undefined> {
    return (await (await panel.records()).runs('panel', 1))[0];
  }

  it('SIGTERM lets the batch in flight settle, cancels the run and ends with 0', async () => {
    // Slow enough that the run is still under way when the signal arrives, also on a busy machine.
    panel.hub.setOptions({ latencyMs: 1000 });
    const daemon = await daemons.start({ BATCH_SIZE: '1' });
    await waitUntil(() => panel.hub.counters.requests >= 2);
    daemon.signal('SIGTERM');
    const result = await daemon.ended;
    expect([result.code, result.stdout]).to.deep.equal([0, '']);
    expect(daemon.log().at(-1)).to.include({ message: 'stopped', runs: 0 });
    const report = await lastRun();
    const inserted = panel.hub.people.size;
    expect(report?.status).to.equal('canceled');
    expect(report?.rows).to.include({ read: 50, inserted, unsent: 50 - inserted });
    expect(inserted).to.be.within(1, 49);
    expect(await panel.snapshot()).to.deep.equal(panel.people());
  });

  it('a second one drops the batch in flight, and the next run resolves it', async () => {
    panel.hub.setFaults({ kind: 'slow', delayMs: neverMs, when: 'after', times: 1 });
    const daemon = await daemons.start();
    await waitUntil(() => panel.hub.counters.batchesApplied === 1);
    daemon.signal('SIGINT');
    await daemon.waitForLog('shutting down: finishing the batches in flight');
    daemon.signal('SIGINT');
    expect((await daemon.ended).code).to.equal(0);
    expect((await lastRun())?.status).to.equal('canceled');
    expect(await panel.sql('select state from panelsync.batches')).to.deep.equal([{ state: 'unknown' }]);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 50, unchanged: 50 });
  });

  it('shutdownTimeoutMs drops it too', async () => {
    panel.hub.setFaults({ kind: 'slow', delayMs: neverMs, when: 'after', times: 1 });
    const daemon = await daemons.start({ SHUTDOWN_TIMEOUT_MS: '300' });
    await waitUntil(() => panel.hub.counters.batchesApplied === 1);
    daemon.signal('SIGTERM');
    expect((await daemon.ended).code).to.equal(0);
    expect((await lastRun())?.status).to.equal('canceled');
    expect(await panel.sql('select state from panelsync.batches')).to.deep.equal([{ state: 'unknown' }]);
  });

  it('SIGHUP reloads the configuration; an invalid one is logged with its locations and changes nothing', async () => {
    const daemon = await daemons.start({ SCHEDULE: neverSchedule });
    await daemon.waitForLog('schedules started');
    await daemons.configure((text) =>
      text.replace('catchUp:', 'catchup:').replace('${SCHEDULE:-* * * * * *}', '0 25 * * *'),
    );
    daemon.signal('SIGHUP');
    const { level, issues } = await daemon.waitForLog('configuration not reloaded: the previous one stays in use');
    expect(level).to.equal('error');
    expect(JSON.stringify(issues))
      .to.contain('line 14: syncs.panel.schedule: has an invalid value for the hour')
      .and.to.contain('line 15: syncs.panel.catchup: unknown key `catchup`; did you mean `catchUp`?');
    expect((await http(`${daemon.url}/readyz`)).status).to.equal(200);

    await daemons.configure((text) => text.replace('${SCHEDULE:-* * * * * *}', "'* * * * * *'"));
    daemon.signal('SIGHUP');
    await daemon.waitForLog('configuration reloaded');
    await daemon.waitForLog('run finished');
    expect(panel.hub.people.size).to.equal(50);
  });

  it('SIGHUP lets a run end with the configuration that it started with', async () => {
    panel.hub.setOptions({ latencyMs: 1000 });
    const daemon = await daemons.start({ SCHEDULE: neverSchedule, BATCH_SIZE: '5' });
    await http(`${daemon.url}/api/syncs/panel/runs`, { method: 'POST' });
    await waitUntil(() => panel.hub.counters.requests >= 1);
    await daemons.configure((text) =>
      text
        .replace('apiKey: ${HUB_KEY}', 'apiKey: another')
        .replace('port: ${PORT:-0}', 'port: 1')
        .replace('  panel:', '  other:'),
    );
    daemon.signal('SIGHUP');
    expect(await daemon.waitForLog('changed settings take effect after a restart')).to.deep.include({
      settings: ['server.port'],
    });
    panel.hub.setOptions({ latencyMs: 0 });
    expect(await daemon.waitForLog('run finished')).to.include({ sync: 'panel', status: 'succeeded' });
    const names = parseJson<readonly { sync: string }[]>(await http(`${daemon.url}/api/syncs`)).map(({ sync }) => sync);
    expect(names).to.deep.equal(['other']);
    expect((await http(`${daemon.url}/api/syncs/other/runs`, { method: 'POST' })).status).to.equal(202);
    expect(await daemon.waitForLog('run finished', 2), 'the new key is wrong').to.include({
      sync: 'other',
      status: 'failed',
    });
  });

  it('a request starts a run, and a second one learns that the sync is running', async () => {
    panel.hub.setOptions({ latencyMs: 1000 });
    const daemon = await daemons.start({ SCHEDULE: neverSchedule, BATCH_SIZE: '5' });
    await daemon.waitForLog('schedules started');
    const path = `${daemon.url}/api/syncs/panel/runs`;
    const first = await http(path, { method: 'POST' });
    const { runId } = parseJson<{ readonly runId: string }>(first);
    expect([first.status, first.headers.location]).to.deep.equal([202, `/api/runs/${runId}`]);
    const second = await http(path, { method: 'POST' });
    expect(second.status).to.equal(409);
    expect(second.text).to.contain('already_running');
    panel.hub.setOptions({ latencyMs: 0 });
    await daemon.waitForLog('run finished');
    const run = parseJson<RunReport>(await http(`${daemon.url}/api/runs/${runId}`));
    expect(run).to.include({ status: 'succeeded', trigger: 'api' });
    const body = JSON.stringify({ reason: 'holidays' });
    await http(`${daemon.url}/api/syncs/panel/pause`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Content-Length': String(body.length) },
      body,
    });
    const third = await http(path, { method: 'POST' });
    expect(third.status).to.equal(409);
    expect(third.text).to.contain('paused').and.to.contain('holidays');
  });
});
