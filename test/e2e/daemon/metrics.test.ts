import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { parse } from 'yaml';
import { TestDaemons, neverSchedule } from '../../helpers/daemon/daemon.ts';
import type { Daemon } from '../../helpers/daemon/daemon.ts';
import { expectPanelsApart, readDashboard } from '../../helpers/docs/dashboard.ts';
import { http, parseJson } from '../../helpers/network/http-request.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { labelsIn, metricsIn } from '../../helpers/daemon/promql-names.ts';
import { seriesOf, metricTypes } from '../../helpers/daemon/metrics-scrape.ts';
import { waitUntil } from '../../helpers/wait-until.ts';

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}

describe('the metrics of a daemon that has run a sync', () => {
  let panel: TestPanel;
  let project: Project;
  let daemons: TestDaemons;
  let daemon: Daemon;
  let text = '';
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    daemons = new TestDaemons(project);
    await project.write('config/models/people.sql', "select *, now() - interval '1 hour' as updated_at from people");
    const freshness = '    freshness: { column: updated_at, maxAge: 30m }\n';
    await daemons.configure((config) => {
      const watched = config.replace('    schedule:', `${freshness}    schedule:`);
      return `${watched}alerts: { team: { url: "${panel.hub.url}" } }\n`;
    });
    await panel.setPeople([{ email: 'ada@example.test' }, { email: 'bob@example.test' }, { email: 'not an e-mail' }]);
    daemon = await daemons.start({ SCHEDULE: neverSchedule });
    await run();
    // A run is on record a moment before it is counted.
    await waitUntil(async () => {
      ({ text } = await http(`${daemon.url}/metrics`));
      return seriesOf(text).get('panelsync_runs_total{sync="panel",status="partial"}') === 1;
    });
  });
  after(async () => {
    await daemons.killAll();
    await project.remove();
    await panel.close();
  });

  async function run(): Promise<void> {
    let location: string | undefined;
    await waitUntil(async () => {
      location = (await http(`${daemon.url}/api/syncs/panel/runs`, { method: 'POST' })).headers.location;
      return location !== undefined;
    });
    await waitUntil(async () => {
      const answer = await http(`${daemon.url}${location}`);
      return parseJson<{ status: string }>(answer).status !== 'running';
    });
  }

  it('show what it did and the state of the sync', () => {
    const series = seriesOf(text);
    const expected: Readonly<Record<string, number>> = {
      'panelsync_runs_total{sync="panel",status="partial"}': 1,
      'panelsync_rows_total{sync="panel",outcome="inserted"}': 2,
      'panelsync_rows_total{sync="panel",outcome="invalid"}': 1,
      'panelsync_requests_total{status_class="2xx"}': 1,
      panelsync_batch_duration_seconds_count: 1,
      'panelsync_last_run{sync="panel",status="partial"}': 1,
      'panelsync_open_rejections{sync="panel",by="validation"}': 1,
      'panelsync_rows_waiting{sync="panel"}': 0,
      'panelsync_paused{sync="panel"}': 0,
      'panelsync_data_max_age_seconds{sync="panel"}': 1800,
      panelsync_state_up: 1,
    };
    for (const [name, value] of Object.entries(expected)) expect(series.get(name), name).to.equal(value);
    expect(series.get('panelsync_data_age_seconds{sync="panel"}')).to.be.within(3600, 7200);
    expect(series.get('panelsync_last_success_timestamp_seconds{sync="panel"}')).to.be.above(1e9);
    expect(series.get('panelsync_next_run_timestamp_seconds{sync="panel"}')).to.be.above(Date.now() / 1000);
    expect(text).to.not.contain('example.test');
  });

  /** Metrics and labels that an expression names and the scrape does not hold. */
  function missing(expression: string): readonly string[] {
    const types = metricTypes(text);
    const known = (name: string): boolean =>
      types.has(name) || types.get(name.replace(/_(bucket|sum|count)$/, '')) === 'histogram';
    const names = metricsIn(expression);
    expect(names, expression).to.not.deep.equal([]);
    const labels = labelsIn(expression).filter((label) => {
      const [metric = '', name = ''] = label.split('{');
      // These are Prometheus' own.
      if (name === 'job' || name === 'instance') return false;
      return ![...seriesOf(text).keys()].some((one) => one.startsWith(`${metric}{`) && one.includes(`${name}="`));
    });
    return [...names.filter((name) => !known(name)), ...labels];
  }

  it('have every name that the alert rules read', async () => {
    const rules: Rules = parse(await readFile('docs/prometheus/alerts.yaml', 'utf8'));
    const all = rules.groups.flatMap((group) => group.rules);
    expect(all.length).to.be.above(8);
    for (const { alert, expr } of all) expect(missing(expr), alert).to.deep.equal([]);
  });

  it('have every name that the dashboard shows, in panels that do not overlap', async () => {
    const dashboard = await readDashboard('panelsync');
    expectPanelsApart(dashboard);
    for (const { title, targets = [] } of dashboard.panels) {
      for (const { expr = '' } of targets) expect(missing(expr), title).to.deep.equal([]);
    }
  });

  it('are all shown on the dashboard or documented', async () => {
    const documented = `${await readFile('docs/grafana/panelsync.json', 'utf8')}${await readFile('docs/watching.md', 'utf8')}`;
    const own = [...metricTypes(text).keys()].filter((name) => name.startsWith('panelsync_'));
    expect(own.filter((name) => !documented.includes(name))).to.deep.equal([]);
  });

  it('would show a name that does not exist', () => {
    expect(missing('sum(rate(panelsync_rnus_total{sync="x"}[5m])) by (sync)')).to.deep.equal([
      'panelsync_rnus_total',
      'panelsync_rnus_total{sync',
    ]);
    expect(missing('panelsync_runs_total{snyc="x"}')).to.deep.equal(['panelsync_runs_total{snyc']);
    expect(
      missing('time() - max by (sync) (panelsync_state_up) > 3 and on (sync) process_cpu_seconds_totl'),
    ).to.deep.equal(['process_cpu_seconds_totl']);
  });
});
