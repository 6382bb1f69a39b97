import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { systemCode } from '../lib/system-code.ts';
import { installedFolder } from './binaries.ts';
import { folderError } from './errors.ts';
import { accountWithEntry, serverAccount } from './program.ts';

/** Throws what creating an embedded Postgres in this folder would fail with, as far as that shows without doing so. */
export async function requireCreatable(directory: string): Promise<void> {
  installedFolder();
  try {
    const parent = await nearestFolder(resolve(directory));
    await access(parent, constants.W_OK | constants.X_OK);
    await accountWithEntry(await serverAccount(parent));
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
