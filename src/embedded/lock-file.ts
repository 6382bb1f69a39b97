import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { PanelsyncError } from '../core/errors.ts';
import { systemCode } from '../lib/system-code.ts';
import { isAlive } from '../lib/processes.ts';

const pollMs = 25;
const heartbeatMs = 1000;
/** A holder touches its lock every second; one that was not touched for this long has no holder. */
const staleAfterMs = 10_000;
const lockTimeoutMs = 120_000;

/** The locks of this process: after a restart in a container a stale lock often names our own process id. */
const ownLocks = new Set<string>();

/**
 * Does the work while no other process, or other part of this one, holds the lock file. The lock of a dead process is
 * taken over. Two processes that find a stale lock at the same moment may both succeed; Postgres then protects its data
 * with a lock of its own.
 */
export async function withLockFile<T>(file: string, work: () => Promise<T>): Promise<T> {
  const text = `${process.pid} ${hostname()} ${randomUUID()}\n`;
  ownLocks.add(text);
  try {
    await acquireLock(file, text);
    const heartbeat = setInterval(() => void touchLock(file), heartbeatMs);
    try {
      return await work();
    } finally {
      clearInterval(heartbeat);
      if ((await readLock(file))?.text === text) await rm(file, { force: true });
    }
  } finally {
    ownLocks.delete(text);
  }
}

interface LockFile {
  readonly text: string;
  readonly mtimeMs: number;
}

async function acquireLock(file: string, text: string): Promise<void> {
  const startedMs = performance.now();
  let previous: LockFile = { text: '', mtimeMs: 0 };
  let lastChangeMs = startedMs;
  while (!(await createLock(file, text))) {
    const current = await readLock(file);
    if (current === null) continue;
    const nowMs = performance.now();
    if (current.text !== previous.text || current.mtimeMs !== previous.mtimeMs) {
      previous = current;
      lastChangeMs = nowMs;
    }
    if (isHolderDead(current.text) || nowMs - lastChangeMs > staleAfterMs) await removeStaleLock(file, current.text);
    else if (nowMs - startedMs > lockTimeoutMs) throw lockTimeoutError(file);
    else await sleep(pollMs);
  }
}

async function createLock(file: string, text: string): Promise<boolean> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'wx', 0o644);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    await handle.writeFile(text);
    return true;
  } catch (error) {
    // On a full disk: an empty lock would delay the next process.
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

async function readLock(file: string): Promise<LockFile | null> {
  try {
    const { mtimeMs } = await stat(file);
    return { text: await readFile(file, 'utf8'), mtimeMs };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

async function touchLock(file: string): Promise<void> {
  await utimes(file, new Date(), new Date()).catch(() => undefined);
}

/** True only if that is certain: a process of another host or container may be alive and invisible to us. */
function isHolderDead(text: string): boolean {
  const [pid, host] = text.split(' ');
  if (host !== hostname() || !Number(pid)) return false;
  if (Number(pid) === process.pid) return !ownLocks.has(text);
  return !isAlive(Number(pid));
}

/** Renames first, so that only one of several processes gets the stale lock; restores it if it was a new one. */
async function removeStaleLock(file: string, staleText: string): Promise<void> {
  const renamed = `${file}.${randomUUID()}`;
  try {
    await rename(file, renamed);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  const renamedText = await readFile(renamed, 'utf8');
  if (renamedText !== staleText) await createLock(file, renamedText);
  await rm(renamed, { force: true });
}

function lockTimeoutError(file: string): PanelsyncError {
  return new PanelsyncError({
    code: 'embedded_busy',
    recovery: 'busy',
    message: `Another panelsync process has been starting or stopping the embedded Postgres for ${lockTimeoutMs / 60_000} minutes (${file}).`,
    hint: 'Wait, or stop the process whose id is in that file.',
  });
}
