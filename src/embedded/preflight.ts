import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { systemCode } from '../lib/system-code.ts';
import { installedFolder } from './binaries.ts';
import { folderError } from './errors.ts';
import { fallbackRoot } from './fallback-home.ts';
import { accountWithEntry, canTraverse, serverAccount } from './program.ts';
import type { Account } from './program.ts';

/** Throws what creating an embedded Postgres in this folder would fail with, as far as that shows without doing so. */
export async function requireCreatable(directory: string): Promise<void> {
  installedFolder();
  const account = await requireUsable(directory);
  // The folder itself is opened to that account; what is above it stays as it is.
  if (!(await canTraverse(account, await nearestFolder(dirname(resolve(directory))))))
    await requireUsable(fallbackRoot);
}

/** The account that Postgres would run as there. */
async function requireUsable(directory: string): Promise<Account> {
  try {
    const nearest = await nearestFolder(resolve(directory));
    await access(nearest, constants.W_OK | constants.X_OK);
    return await accountWithEntry(await serverAccount(nearest));
  } catch (error) {
    throw folderError(directory, error);
  }
}

/** The folder itself, or the nearest above it that exists. */
async function nearestFolder(path: string): Promise<string> {
  try {
    if ((await stat(path)).isDirectory()) return path;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return nearestFolder(dirname(path));
    throw error;
  }
  throw Object.assign(new Error(`${path} is not a folder`), { code: 'ENOTDIR' });
}
