import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RunReport } from '../../../src/core/model/terms.ts';
import { expectSnapshot, normalizeText } from '../../helpers/snapshots.ts';
import { parseJsonOutput, runCli, startCli } from '../../helpers/cli/cli.ts';
import type { CliEnvironment } from '../../helpers/cli/cli.ts';
import { http, parseJson } from '../../helpers/network/http-request.ts';

interface SyncView {
  readonly sync: string;
  readonly schedule: string;
}

type DemoReport = RunReport & { readonly chapter: string };

describe('demo', () => {
  let temporary: string;
  let environment: CliEnvironment;

  beforeEach(async () => {
    temporary = await mkdtemp(join(tmpdir(), 'panelsync-demo-test-'));
    // Postgres of root runs as another user, who must come to its data.
    await chmod(temporary, 0o711);
    environment = { cwd: temporary, env: { TMPDIR: temporary } };
  });

  afterEach(() => rm(temporary, { recursive: true, force: true }));

  it('gives programs every report with its chapter, and keeps its files when asked', async () => {
    const result = await runCli(['demo', '--json', '--keep'], environment);
    expect(result.code, result.stderr).to.equal(0);
    const reports = parseJsonOutput<readonly DemoReport[]>(result);
    expect(reports.map(({ chapter, trigger, status }) => `${chapter}, ${trigger}: ${status}`)).to.deep.equal([
      'First sync, manual: partial',
      'Nothing changed, manual: partial',
      'Some rows changed, plan: succeeded',
      'Some rows changed, manual: partial',
      'A poisoned batch, manual: partial',
      'A poisoned batch, manual: partial',
      'Update mode and the people it skips, manual: succeeded',
    ]);
    expect(reports.map(({ requests }) => requests.split > 0)).to.deep.equal(reports.map((_, at) => at === 4));
    expect(reports[5]?.skips.rejected_before).to.equal(4);
    expect(reports[6]?.notes).to.have.lengthOf(1);
    const [folder = ''] = await readdir(temporary);
    expect(result.stderr).to.equal(`The files are in ${join(temporary, folder)}.\n`);
    expect(await readdir(join(temporary, folder))).to.include.members(['.env', 'models', 'panelsync.yaml', 'postgres']);
  });

  it('shows people every step and leaves nothing behind: test/snapshots/demo.txt', async () => {
    const { code, stdout, stderr } = await runCli(['demo'], environment);
    expect(code, stderr).to.equal(0);
    expect(stderr).to.equal('');
    expect(stdout).to.match(/\n1\. First sync\n[^]*\n5\. Update mode and the people it skips\n/);
    expect(stdout).to.include('characteristics.plan: pro → enterprise');
    await expectSnapshot('demo', normalizeText(stdout, { [temporary]: '/tmp' }));
    expect(await readdir(temporary)).to.deep.equal([]);
  });

  it('goes on with its page when asked, until it is stopped', async () => {
    const demo = startCli(['demo', '--serve'], environment);
    await demo.waitForOutput('stderr', 'sign in with the token: demo');
    const [, url = ''] = /Open (http:\S+) in a browser/.exec(demo.output.stderr) ?? [];
    const headers = { authorization: 'Bearer demo' };
    const syncs = parseJson<readonly SyncView[]>(await http(`${url}/api/syncs`, { headers }));
    expect(syncs.map(({ sync, schedule }) => [sync, schedule])).to.deep.equal([
      ['people', '* * * * *'],
      ['activity', '*/5 * * * *'],
    ]);
    expect((await http(url, { headers: { accept: 'text/html' } })).text).to.contain('<title>panelsync</title>');
    demo.signal('SIGINT');
    const { code, stderr } = await demo.ended;
    expect(code, stderr).to.equal(0);
    expect(await readdir(temporary)).to.deep.equal([]);
  });

  it('leaves nothing behind when it is stopped', async () => {
    const demo = startCli(['demo'], environment);
    await demo.waitForOutput('stdout', '1. First sync');
    demo.signal('SIGINT');
    const { code, stderr } = await demo.ended;
    expect(code, stderr).to.equal(130);
    expect(stderr).to.include('The demo was stopped.');
    expect(await readdir(temporary)).to.deep.equal([]);
  });
});
