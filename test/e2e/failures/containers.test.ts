import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { cliPath, parseJsonOutput, runCli } from '../../helpers/cli/cli.ts';
import type { CliEnvironment, CliResult } from '../../helpers/cli/cli.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

/** Without an entry in /etc/passwd and, like every command of a test, without HOME. */
const unknownUser = 12_345;
const asUnknownUser = ['setpriv', `--reuid=${unknownUser}`, `--regid=${unknownUser}`, '--clear-groups'];

/** Every file system that was there is read-only; what the command mounts after that is not. */
const readOnlySystem = ['/', '/tmp', '/var/tmp', tmpdir()]
  .map((folder) => `mount -o bind '${folder}' '${folder}' && mount -o remount,bind,ro '${folder}'`)
  .join(' && ');

function unknownUserReaches(): boolean {
  const [program = '', ...args] = asUnknownUser;
  return succeeds(program, ...args, 'test', '-r', cliPath) && succeeds(program, ...args, 'test', '-x', tmpdir());
}

/** Whatever the umask, the user then reads the configuration and writes its temporary files there. */
async function giveToUnknownUser(folder: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  for (const name of ['.', ...(await readdir(folder, { recursive: true }))]) {
    await chown(join(folder, name), unknownUser, unknownUser);
  }
}

function succeeds(program: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(program, [...args], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('in a container', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    await giveToUnknownUser(project.cwd);
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople([{ email: 'ada@example.test' }]);
  });
  afterEach(() => rm(join(project.cwd, 'config/.panelsync'), { recursive: true, force: true }));
  after(async () => {
    await project.remove();
    await panel.close();
  });

  const embedded = { DATABASE_URL: '' };

  /** The code of the first failed check, and of the error that a run ends with; both with the exit code. */
  async function checkAndRun(environment: CliEnvironment): Promise<readonly unknown[]> {
    const checked = await runCli(['check', 'panel', '--json'], environment);
    const ran = await runCli(['run', 'panel', '--json'], environment);
    const { checks } = parseJsonOutput<{ checks: readonly { code?: string }[] }>(checked);
    return [checked.code, checks.find(({ code }) => code !== undefined)?.code, ...errorOf(ran)];
  }

  function errorOf(result: CliResult): readonly unknown[] {
    const { error } = parseJsonOutput<{ error: { code: string } | null }>(result);
    return [result.code, error?.code];
  }

  const works = [0, undefined, 0, undefined];

  if (!unknownUserReaches()) {
    it('NOT TESTED as an unknown user: this user cannot become one, or it cannot reach panelsync and TMPDIR', () =>
      undefined);
  } else {
    it('a user without an entry in /etc/passwd and without HOME works with a state database', async () => {
      const environment = { ...project.withEnv({ TMPDIR: project.cwd }), launcher: asUnknownUser };
      expect(await checkAndRun(environment)).to.deep.equal(works);
      const paused = await runCli(['pause', 'panel', '--json'], environment);
      expect(paused.code, paused.stderr).to.equal(0);
      expect((await runCli(['resume', 'panel'], environment)).code).to.equal(0);
    });

    it('such a user cannot create the embedded Postgres, and is named', async () => {
      const environment = { ...project.withEnv({ ...embedded, TMPDIR: project.cwd }), launcher: asUnknownUser };
      await mkdir(join(project.cwd, 'config/.panelsync'));
      await chown(join(project.cwd, 'config/.panelsync'), unknownUser, unknownUser);
      expect(await checkAndRun(environment)).to.deep.equal([2, 'embedded_user', 2, 'embedded_user']);
    });

    it('root creates it in the folder of such a user', async () => {
      await mkdir(join(project.cwd, 'config/.panelsync'));
      await chown(join(project.cwd, 'config/.panelsync'), unknownUser, unknownUser);
      expect(await checkAndRun(project.withEnv(embedded))).to.deep.equal(works);
    });
  }

  if (!succeeds('unshare', '--mount', 'sh', '-c', readOnlySystem)) {
    it('NOT TESTED on a read-only file system: this user may not mount one', () => undefined);
  } else {
    let volume: string;
    before(async () => {
      volume = await mkdtemp(join(tmpdir(), 'panelsync-volume-'));
    });
    after(() => rm(volume, { recursive: true, force: true }));

    function onReadOnlySystem(env: CliEnvironment['env'], volumes: readonly string[]): CliEnvironment {
      const mounts = volumes.map((folder) => `mount -t tmpfs -o mode=0755 tmpfs '${folder}'`);
      const script = [readOnlySystem, ...mounts, 'exec "$@"'].join(' && ');
      return { ...project.withEnv(env), launcher: ['unshare', '--mount', 'sh', '-c', script, 'sh'] };
    }

    it('a read-only file system is enough with a temporary folder', async () => {
      expect(await checkAndRun(onReadOnlySystem({ TMPDIR: volume }, [volume]))).to.deep.equal(works);
    });

    it('a read-only temporary folder is named', async () => {
      const named = [2, 'temporary_folder', 2, 'temporary_folder'];
      expect(await checkAndRun(onReadOnlySystem({}, []))).to.deep.equal(named);
      expect(errorOf(await runCli(['demo', '--json'], onReadOnlySystem({}, [])))).to.deep.equal([
        2,
        'temporary_folder',
      ]);
    });

    it('a read-only folder of the embedded Postgres is named, and a volume there is enough', async () => {
      const readOnly = onReadOnlySystem({ ...embedded, TMPDIR: volume }, [volume]);
      expect(await checkAndRun(readOnly)).to.deep.equal([2, 'embedded_folder', 2, 'embedded_folder']);
      const data = join(project.cwd, 'config/.panelsync');
      await mkdir(data);
      await chmod(join(project.cwd, 'config'), 0o755);
      // Its server runs as another user; where TMPDIR is closed to that user, the data is kept in /var/lib.
      const mounted = onReadOnlySystem({ ...embedded, TMPDIR: volume }, [volume, data, '/var/lib']);
      expect(await checkAndRun(mounted)).to.deep.equal(works);
    });

    it('a folder that its server cannot reach is no use where /var/lib is read-only', async () => {
      const data = join(project.cwd, 'config/.panelsync');
      await mkdir(data);
      await chmod(join(project.cwd, 'config'), 0o700);
      const closed = onReadOnlySystem({ ...embedded, TMPDIR: volume }, [volume, data]);
      expect(await checkAndRun(closed)).to.deep.equal([2, 'embedded_folder', 2, 'embedded_folder']);
    });
  }
});
