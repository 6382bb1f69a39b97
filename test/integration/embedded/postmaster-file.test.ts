import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, cp, mkdtemp, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startEmbedded } from '../../../src/embedded/embedded.ts';
import type { EmbeddedPostgres } from '../../../src/embedded/embedded.ts';
import { isPostgres } from '../../../src/embedded/server-process.ts';
import { createEmbeddedRoot, killServers, serverPid } from '../../helpers/postgres/embedded-folder.ts';
import { query, silentLog } from '../../helpers/postgres/postgres.ts';
import { panelsyncErrorOf } from '../../helpers/thrown-error.ts';

const isRoot = process.getuid?.() === 0;

describe('the lock file of embedded Postgres', () => {
  let root: string;
  let directory: string;
  let lockFile: string;
  let other: EmbeddedPostgres;
  let otherFile: readonly string[];

  before(async () => {
    root = await createEmbeddedRoot();
    directory = join(root, 'state');
    lockFile = join(directory, 'postgres', 'postmaster.pid');
    await (await startEmbedded({ directory, log: silentLog })).close();
    const otherDirectory = join(root, 'other');
    other = await startEmbedded({ directory: otherDirectory, log: silentLog });
    otherFile = (await readFile(join(otherDirectory, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
  });
  afterEach(async () => {
    expect(await query(other.url, 'select 1 as one'), 'the other server').to.deep.equal([{ one: 1 }]);
  });
  after(async () => {
    await other.close();
    await killServers(root);
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  });

  async function writeLockFile(text: string): Promise<void> {
    await writeFile(lockFile, text, { mode: 0o600 });
  }

  /** Starts a server of its own on the folder. */
  async function expectOwnServer(folder = directory): Promise<void> {
    const embedded = await startEmbedded({ directory: folder, log: silentLog });
    expect(new URL(embedded.url).port).to.not.equal(new URL(other.url).port);
    const [settings] = await query(embedded.url, "select current_setting('data_directory') as folder");
    expect(settings).to.deep.equal({ folder: await realpath(join(folder, 'postgres')) });
    await embedded.close();
    expect(await serverPid(folder)).to.equal(null);
  }

  const damaged: readonly (readonly [string, string])[] = [
    ['is empty', ''],
    ['is garbage', '\0\u0001not a lock file\n\n'],
    ['names no process', `0\nnowhere\n`],
  ];
  for (const [what, text] of damaged) {
    it(`is replaced when it ${what}`, async () => {
      await writeLockFile(text);
      await expectOwnServer();
    });
  }

  it('is replaced when it names the server of other data, whichever lines are true', async () => {
    const [pid = '', , started = '', port = ''] = otherFile;
    const ours = join(directory, 'postgres');
    await writeLockFile(otherFile.join('\n'));
    await expectOwnServer();
    await writeLockFile([pid, ours, started, port, '', '127.0.0.1', '1 1', 'ready'].join('\n'));
    await expectOwnServer();
    await writeLockFile([pid, ours].join('\n'));
    await expectOwnServer();
  });

  it('is replaced when its process is another program, even one with "postgres" among its arguments', async () => {
    const program = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'postgres', '-D', directory]);
    try {
      expect(await isPostgres(program.pid ?? 0)).to.equal(false);
      for (const pid of [process.pid, program.pid]) {
        await writeLockFile([pid, join(directory, 'postgres'), 1, 1, '', '127.0.0.1', '1 1', 'ready'].join('\n'));
        await expectOwnServer();
      }
    } finally {
      await end(program);
    }
  });

  it('is not needed to find the server that runs on the data', async () => {
    const first = await startEmbedded({ directory, log: silentLog });
    const text = await readFile(lockFile, 'utf8');
    for (const damage of ['', 'garbage\n', text.replaceAll(new URL(first.url).port, new URL(other.url).port)]) {
      await writeLockFile(damage);
      const second = await startEmbedded({ directory, log: silentLog });
      expect(second.url).to.equal(first.url);
      await second.close();
    }
    await writeLockFile(text);
    await first.close();
  });

  it('of a copied folder does not lead to the server of the original', async () => {
    const original = await startEmbedded({ directory, log: silentLog });
    await query(original.url, "create table history as select 'original' as of");
    await query(original.url, 'checkpoint');
    const copy = join(root, 'copy');
    await cp(directory, copy, { recursive: true });
    await expectOwnServer(copy);
    expect(await query(original.url, 'select * from history')).to.deep.equal([{ of: 'original' }]);
    await original.close();
  });

  it('still leads to the server after the folder was moved', async () => {
    const before = join(root, 'before');
    const after = join(root, 'after');
    const first = await startEmbedded({ directory: before, log: silentLog });
    await rename(before, after);
    const second = await startEmbedded({ directory: after, log: silentLog });
    expect(second.url).to.equal(first.url);
    await second.close();
    await first.close();
  });

  if (isRoot) {
    it('is written anew on data that root restored from a backup', async () => {
      for (const name of await readdir(join(directory, 'postgres')))
        await chown(join(directory, 'postgres', name), 0, 0);
      await chown(join(directory, 'postgres'), 0, 0);
      await expectOwnServer();
    });

    it('is found through a link by the folder that the data belongs to, and by no copy of it', async () => {
      const hidden = await mkdtemp(join(tmpdir(), 'panelsync-hidden-'));
      const original = join(hidden, 'state');
      const copy = join(hidden, 'copy');
      const moved = join(hidden, 'moved');
      try {
        await (await startEmbedded({ directory: original, log: silentLog })).close();
        const data = await realpath(join(original, 'postgres'));
        expect(data).to.not.include(hidden);
        await cp(original, copy, { recursive: true, verbatimSymlinks: true });
        const error = await panelsyncErrorOf(startEmbedded({ directory: copy, log: silentLog }));
        expect([error.code, error.recovery]).to.deep.equal(['embedded_copied', 'usage']);
        await rename(original, moved);
        await (await startEmbedded({ directory: moved, log: silentLog })).close();
        expect(await realpath(join(moved, 'postgres'))).to.equal(data);
        await rm(join(data, '..'), { recursive: true, force: true });
      } finally {
        await rm(hidden, { recursive: true, force: true });
      }
    });
  }
});

async function end(program: ChildProcess): Promise<void> {
  const ended = once(program, 'close');
  program.kill('SIGKILL');
  await ended;
}
