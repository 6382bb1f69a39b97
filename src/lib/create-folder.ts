import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from './system-code.ts';

/** Creates a folder and what is missing above it. Node calls a read-only file system a missing folder; this does not. */
export async function createFolder(path: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode });
  } catch (error) {
    if (systemCode(error) === 'ENOENT' && dirname(path) !== path) await createFolder(dirname(path), mode);
    // Alone, and so with the system's own error.
    if (systemCode(error) === 'ENOENT') await mkdir(path, mode);
    else throw error;
  }
}
