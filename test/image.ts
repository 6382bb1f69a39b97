import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { buildImage } from './helpers/docs/dockerfile.ts';
import type { Image } from './helpers/docs/dockerfile.ts';
import { http } from './helpers/network/http-request.ts';
import { openPanel } from './helpers/panel/panel.ts';
import type { TestPanel } from './helpers/panel/panel.ts';
import { stopTestCluster } from './helpers/postgres/postgres.ts';
import { waitUntil } from './helpers/wait-until.ts';

/**
 * `npm run image`: the steps of docs/docker/Dockerfile one by one in a scratch folder, then what the image does: its
 * daemon starts as its user, its health check passes, its endpoints answer, and it stops on SIGTERM.
 */

const token = 'token-of-a-trial';

/** A program of the image, with the paths that it has here. */
function start(image: Image, command: readonly string[], env: Readonly<Record<string, string>>) {
  const [program = '', ...args] = command.map((word) => (word.startsWith('/app/') ? join(image.root, word) : word));
  const [uid, gid] = image.user.split(':').map(Number);
  const account = process.getuid?.() === 0 ? { uid, gid } : {};
  const child = spawn(program === 'node' ? process.execPath : program, args, {
    ...account,
    cwd: join(image.root, '/app'),
    env: { PATH: process.env['PATH'], ...image.env, ...env },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  return { child, log: () => log };
}

/** The configuration of the package, at the simulator and the Postgres of the tests. */
async function writeConfiguration(folder: string, panel: TestPanel): Promise<string> {
  await cp('config', join(folder, 'etc'), { recursive: true, filter: (name) => !name.includes('.panelsync') });
  const file = join(folder, 'etc/panelsync.yaml');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('https://www.userinterviews.com/api', panel.hub.url));
  return file;
}

async function tryDaemon(image: Image, panel: TestPanel, file: string): Promise<void> {
  const { child, log } = start(image, [...image.entrypoint, ...image.command], {
    PANELSYNC_CONFIG: file,
    PANELSYNC_HOST: '127.0.0.1',
    DATABASE_URL: panel.url,
    WAREHOUSE_URL: panel.url,
    USER_INTERVIEWS_API_KEY: 'simulator-key',
    PANELSYNC_TOKEN: token,
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  try {
    await waitUntil(() => log().includes('"listening"') || child.exitCode !== null);
    expect(child.exitCode, log()).to.equal(null);
    const [health] = (await once(start(image, image.healthcheck, {}).child, 'close')) as [number];
    expect(health, 'the health check').to.equal(0);
    const headers = { authorization: `Bearer ${token}`, accept: 'text/html, application/json' };
    for (const path of ['/readyz', '/', '/metrics', '/api/syncs', '/api/openapi.json']) {
      const { status } = await http(`http://127.0.0.1:8787${path}`, { headers });
      expect(status, path).to.equal(200);
    }
    child.kill('SIGTERM');
    expect((await ended)[0], log()).to.equal(0);
  } finally {
    child.kill('SIGKILL');
  }
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'panelsync-image-'));
  await chmod(folder, 0o755);
  const panel = await openPanel();
  try {
    const image = await buildImage(await readFile('docs/docker/Dockerfile', 'utf8'), folder);
    await tryDaemon(image, panel, await writeConfiguration(folder, panel));
    process.stdout.write('The steps of docs/docker/Dockerfile make an image whose daemon works.\n');
  } finally {
    await panel.close();
    await stopTestCluster();
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
