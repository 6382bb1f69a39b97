import { expect } from 'chai';
import { runCli } from '../../helpers/cli/cli.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';

describe('two processes with one key', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    await panel.sql("insert into people (email) select 'p' || n || '@example.test' from generate_series(1, 44) n");
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  it('keep within its limit together', async () => {
    // Two that do not know of each other would send all 44 within one window; together they send 30.
    panel.hub.setOptions({ requestsPerMinute: 41, limitWindowMs: 3000 });
    const environment = project.withEnv({ REQUESTS_PER_MINUTE: '600', BATCH_SIZE: '2', SECOND_MODE: 'upsert' });
    const results = await Promise.all([
      runCli(['run', 'panel'], environment),
      runCli(['run', 'known-only'], environment),
    ]);
    expect(results.map(({ code }) => code)).to.deep.equal([0, 0]);
    // And each has asked once for characteristics, which this Hub does not list.
    expect(Object.fromEntries(panel.hub.counters.byStatus)).to.deep.equal({ 200: 44, 404: 2 });
  });

  it('write down the pace, and never the key', async () => {
    const rows = await panel.sql<{ key_hash: string }>('select key_hash from panelsync.rate_limits');
    expect(rows).to.have.length(1);
    expect(rows[0]?.key_hash).to.match(/^[0-9a-f]{32}$/);
  });
});
