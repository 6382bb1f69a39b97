import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PanelsyncError } from '../core/errors.ts';
import { systemCode } from '../lib/system-code.ts';
import { findBinaries, programPath } from './binaries.ts';
import type { Binaries } from './binaries.ts';
import { externalPostgresHint, programError } from './errors.ts';
import { createFallbackHome, handOver } from './fallback-home.ts';
import { accountWithEntry, allowTraversal, canTraverse, changeOwner, runProgram, serverAccount } from './program.ts';
import type { Account } from './program.ts';

export const superuser = 'panelsync';

const dataFolderName = 'postgres';
const passwordFileName = 'panelsync.password';
const stagingPrefix = 'postgres.new-';

/** A data folder that Postgres can be started on. */
export interface Cluster {
  readonly dataFolder: string;
  readonly account: Account;
  readonly binaries: Binaries;
}

/** The real path of the data; `null` when there is none yet. */
export async function findDataFolder(directory: string): Promise<string | null> {
  try {
    return await realpath(join(directory, dataFolderName));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

export async function readPassword(dataFolder: string): Promise<string> {
  const file = join(dataFolder, passwordFileName);
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw new PanelsyncError({
      code: 'embedded_failed',
      recovery: 'fatal',
      message: `The password of the embedded Postgres is missing: there is no file ${file}.`,
      hint: `Restore the file. ${startAfreshHint}`,
      cause: error,
    });
  }
}

const startAfreshHint = `Or move the folder away; panelsync then starts with an empty state, which "panelsync baseline" fills from the Hub. Or ${externalPostgresHint}`;

/** Finds the cluster of the directory, or creates one; call it under the lock. */
export async function openCluster(directory: string): Promise<Cluster> {
  await removeLeftovers(directory);
  const existing = await findDataFolder(directory);
  const account = await serverAccount(existing ?? directory);
  if (!(await canTraverse(account, directory))) await allowTraversal(directory);
  if (existing !== null && !(await isEmpty(existing))) {
    const binaries = await findBinaries(account, dirname(existing));
    await checkVersion(existing, binaries);
    await handOver(existing, account);
    return { dataFolder: existing, account, binaries };
  }
  return createCluster(directory, account);
}

async function createCluster(directory: string, directoryAccount: Account): Promise<Cluster> {
  const account = await accountWithEntry(directoryAccount);
  const home = (await canTraverse(account, directory)) ? directory : await createFallbackHome(directory);
  try {
    const binaries = await findBinaries(account, home);
    await initialize(home, { account, binaries });
    if (home !== directory) await symlink(join(home, dataFolderName), join(directory, dataFolderName));
    return { dataFolder: await realpath(join(home, dataFolderName)), account, binaries };
  } catch (error) {
    if (home !== directory) await rm(home, { recursive: true, force: true });
    throw error;
  }
}

async function isEmpty(folder: string): Promise<boolean> {
  return (await readdir(folder)).length === 0;
}

/** What a killed start left behind; if an orphan still writes to it, a later start removes it. */
async function removeLeftovers(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => /^postgres.*\.new-/.test(name));
  for (const name of names) await rm(join(directory, name), { recursive: true, force: true }).catch(() => undefined);
}

/** Creates the data folder under another name first, so that an interrupted one is never taken for a complete one. */
async function initialize(home: string, { account, binaries }: Omit<Cluster, 'dataFolder'>): Promise<void> {
  const staging = await mkdtemp(join(home, stagingPrefix));
  const passwordFile = join(staging, passwordFileName);
  const data = join(staging, 'data');
  await writeFile(passwordFile, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600 });
  await changeOwner(account, passwordFile);
  await changeOwner(account, staging);
  const args = ['-D', data, '-U', superuser, '--pwfile', passwordFile, '--auth=scram-sha-256'];
  // Iterations slow down guesses at passwords that people choose. This one is random, and they took most of a connection.
  args.push('--encoding=UTF8', '--locale=C', '--no-instructions', '-c', 'scram_iterations=1');
  const { succeeded, output } = await runProgram(programPath(binaries.folder, 'initdb'), args, account);
  if (succeeded) {
    await rename(passwordFile, join(data, passwordFileName));
    await rename(data, join(home, dataFolderName));
  }
  await rm(staging, { recursive: true, force: true });
  if (!succeeded) throw programError(`The embedded Postgres could not create its data in ${home}`, output);
}

async function checkVersion(dataFolder: string, { majorVersion }: Binaries): Promise<void> {
  const text = await readFile(join(dataFolder, 'PG_VERSION'), 'utf8').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (text !== null && Number(text) === majorVersion) return;
  throw new PanelsyncError({
    code: 'embedded_version',
    recovery: 'usage',
    message:
      text === null
        ? `The folder ${dataFolder} is not empty and does not contain Postgres data.`
        : `The data in ${dataFolder} was written by Postgres ${text.trim()}; the embedded Postgres is version ${majorVersion}.`,
    hint: `Move the folder away; panelsync then starts with an empty state, which "panelsync baseline" fills from the Hub. To keep the old data, ${externalPostgresHint}`,
  });
}
