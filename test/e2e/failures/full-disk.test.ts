import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { mkdir, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { RunReport } from '../../../src/core/model/terms.ts';
import { parseJsonOutput, runCli } from '../../helpers/cli/cli.ts';
import type { CliResult } from '../../helpers/cli/cli.ts';
import { expectBalancedCounts } from '../../helpers/panel/balanced-counts.ts';
import { nonZeroRows, openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createProject, peopleModel } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';

const exec = promisify(execFile);

/** Whether this user may mount a small disk; in most containers and for most users not. */
function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'panelsync-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(folder);
  }
}

// Only who may mount a small disk can fill one without harm: elsewhere there is no such test.
if (canMount()) {
  describe('embedded Postgres on a full disk', () => {
    let panel: TestPanel;
    let project: Project;
    let disk: string;
    before(async () => {
      panel = await openPanel();
    });
    beforeEach(async () => {
      await panel.reset();
      await panel.setPeople([{ email: 'ada@example.test', first_name: 'Ada' }]);
      project = await createProject(panel);
      disk = join(project.cwd, 'config/.panelsync');
      await mkdir(disk, { mode: 0o700 });
    });
    afterEach(async () => {
      // A server that is just leaving may still hold it.
      await exec('umount', ['--lazy', disk]);
      await project.remove();
    });
    after(() => panel.close());

    async function resize(megabytes: number, ...options: readonly string[]): Promise<void> {
      await exec('mount', [
        '-t',
        'tmpfs',
        '-o',
        [...options, `size=${megabytes}m`, 'mode=0700'].join(','),
        'tmpfs',
        disk,
      ]);
    }

    async function usedMegabytes(): Promise<number> {
      const { blocks, bfree, bsize } = await statfs(disk);
      return Math.ceil(((blocks - bfree) * bsize) / 2 ** 20);
    }

    function run(): Promise<CliResult> {
      return runCli(['run', 'panel', '--json'], project.withEnv({ DATABASE_URL: '' }));
    }

    it('says so when not even its start fits, and starts once there is room', async () => {
      await resize(8);
      const full = await run();
      const { error } = parseJsonOutput<{ error: { code: string; message: string; hint: string } }>(full);
      expect([full.code, error.code]).to.deep.equal([1, 'embedded_failed']);
      expect(error.message).to.match(/No space left on device/);
      expect(error.hint)
        .to.match(/Free some space/)
        .and.to.contain('state.url');
      expect(panel.newRequests()).to.equal(0);
      await resize(300, 'remount');
      const next = await run();
      expect([next.code, nonZeroRows(parseJsonOutput(next))], next.stderr).to.deep.equal([0, { read: 1, inserted: 1 }]);
    });

    it('fails a run for which there is no room before anything is sent, and runs on with a smaller model', async () => {
      await resize(300);
      await run();
      panel.newRequests();
      // Where the installed binaries cannot be reached, a copy of them is on this disk too.
      await resize((await usedMegabytes()) + 40, 'remount');
      const many = `select n || '@example.test' as email, 'x' as first_name, 'x' as city, 'x' as plan from generate_series(1, 600000) n`;
      await project.write('config/models/people.sql', many);
      const full = await run();
      const report = parseJsonOutput<RunReport>(full);
      expectBalancedCounts(report);
      expect([full.code, report.error?.code, panel.newRequests()], full.stderr).to.deep.equal([1, 'state_full', 0]);
      await project.write('config/models/people.sql', peopleModel);
      const next = await run();
      expect([next.code, nonZeroRows(parseJsonOutput(next))], next.stderr).to.deep.equal([
        0,
        { read: 1, unchanged: 1 },
      ]);
    });
  });
}
