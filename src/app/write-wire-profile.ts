import { randomUUID } from 'node:crypto';
import { chmod, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { PanelsyncError } from '../core/errors.ts';
import { systemCode } from '../lib/system-code.ts';
import { withWireProfile } from '../config/yaml/wire-profile.ts';
import type { WireProfile } from '../config/yaml/wire-profile.ts';

/**
 * Puts a wire profile into `destination.wire` of a configuration that has been read before; comments and everything
 * else stay. The file is replaced as a whole. Returns whether it changed.
 */
export async function writeWireProfile(file: string, profile: WireProfile): Promise<boolean> {
  const text = await withFileErrors(file, readFile(file, 'utf8'));
  const edited = withWireProfile(text, profile);
  if (edited === null) {
    throw unwritableError(
      `destination.wire in ${file} comes from an alias or an anchor, and is not changed.`,
      'Write the profile there by hand.',
    );
  }
  if (edited === text) return false;
  await withFileErrors(file, replaceFile(file, edited));
  return true;
}

/** A link stays a link, and the permissions stay. */
async function replaceFile(file: string, text: string): Promise<void> {
  const target = await realpath(file);
  const partialPath = `${target}.${randomUUID()}.part`;
  try {
    const { mode } = await stat(target);
    await writeFile(partialPath, text, { flag: 'wx', flush: true, mode: 0o600 });
    await chmod(partialPath, mode);
    await rename(partialPath, target);
  } finally {
    await rm(partialPath, { force: true });
  }
}

async function withFileErrors<T>(file: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const code = systemCode(error);
    if (code === null) throw error;
    const message = `${file} cannot be written (${code}); it is as it was.`;
    throw unwritableError(message, 'Write the profile there by hand, or where this configuration is made.', error);
  }
}

function unwritableError(message: string, hint: string, cause?: unknown): PanelsyncError {
  return new PanelsyncError({ code: 'config_unwritable', recovery: 'usage', message, hint, cause });
}
