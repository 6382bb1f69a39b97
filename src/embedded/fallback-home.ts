import { chown, mkdtemp, readdir, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PanelsyncError } from '../core/errors.ts';
import { createFolder } from '../lib/create-folder.ts';
import { externalPostgresHint, folderError } from './errors.ts';
import { allowTraversal } from './program.ts';
import type { Account } from './program.ts';

/** Where root keeps the data when the user that Postgres runs as cannot reach the folder that was asked for. */
export const fallbackRoot = '/var/lib/panelsync';

/** Names the folder whose link leads to this data. */
const ownerFileName = 'owner';

export async function createFallbackHome(directory: string): Promise<string> {
  const owner = await realpath(directory);
  try {
    await createFolder(fallbackRoot, 0o755);
    const home = await mkdtemp(join(fallbackRoot, 'embedded-'));
    // Whatever the umask is.
    for (const folder of [fallbackRoot, home]) await allowTraversal(folder);
    await writeOwner(home, owner);
    return home;
  } catch (error) {
    throw folderError(fallbackRoot, error);
  }
}

/** Throws where the folder is a copy: its link still leads to the data of the original, and would change its history. */
export async function requireOwnData(directory: string, dataFolder: string): Promise<void> {
  const home = dirname(dataFolder);
  if (dirname(home) !== fallbackRoot) return;
  const folder = await realpath(directory);
  const owner = (await readFile(join(home, ownerFileName), 'utf8').catch(() => '')).trim();
  if (owner === folder) return;
  // A folder that was moved has left no link behind.
  const ownersData = owner === '' ? null : await realpath(join(owner, 'postgres')).catch(() => null);
  if (ownersData !== dataFolder) return writeOwner(home, folder);
  throw new PanelsyncError({
    code: 'embedded_copied',
    recovery: 'usage',
    message: `${folder} is a copy of ${owner}: both lead to the embedded Postgres in ${dataFolder}.`,
    hint: `Delete ${join(folder, 'postgres')}; panelsync then starts with an empty state, which "panelsync baseline" fills from the Hub. To share the state, ${externalPostgresHint}`,
  });
}

async function writeOwner(home: string, folder: string): Promise<void> {
  await writeFile(join(home, ownerFileName), `${folder}\n`, { mode: 0o600 });
}

/** Hands over data that root restored or copied: Postgres refuses to run as root. */
export async function handOver(folder: string, account: Account): Promise<void> {
  if (account === null || (await stat(folder)).uid !== 0) return;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isSymbolicLink()) await chown(join(entry.parentPath, entry.name), account.uid, account.gid);
  }
  await chown(folder, account.uid, account.gid);
}
