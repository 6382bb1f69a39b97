import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { PanelsyncError, systemCode } from '../core/errors.ts';
import { isAlive } from '../lib/processes.ts';

const pollMs = 25;
const beatMs = 1000;
/** A holder touches its lock every second: one that was not touched for so long is nobody's. */
const silentMs = 10_000;
const waitMs = 120_000;

/** What this process holds: after a restart in a container a stale lock often names our own process id. */
const held = new Set<string>();

/**
 * Does the work while no other process (or other part of this one) holds the lock file. The lock of a dead process
 * is taken over. That takeover is not airtight when two find a stale lock in the same instant; Postgres' own
 * interlock on its data stands behind it.
 */
export async function withLockFile<T>(file: string, work: () => Promise<T>): Promise<T> {
  const text = `${process.pid} ${hostname()} ${randomUUID()}\n`;
  held.add(text);
  try {
    await acquire(file, text);
    const beat = setInterval(() => void touch(file), beatMs);
    try {
      return await work();
    } finally {
      clearInterval(beat);
      if ((await look(file))?.text === text) await rm(file, { force: true });
    }
  } finally {
    held.delete(text);
  }
}

interface Seen {
  readonly text: string;
  readonly mtimeMs: number;
}

async function acquire(file: string, text: string): Promise<void> {
  const startedMs = performance.now();
  let last: Seen = { text: '', mtimeMs: 0 };
  let changedMs = startedMs;
  while (!(await create(file, text))) {
    const seen = await look(file);
    if (seen === null) continue;
    const nowMs = performance.now();
    if (seen.text !== last.text || seen.mtimeMs !== last.mtimeMs) {
      last = seen;
      changedMs = nowMs;
    }
    if (isDead(seen.text) || nowMs - changedMs > silentMs) await takeAway(file, seen.text);
    else if (nowMs - startedMs > waitMs) throw lockFault(file);
    else await sleep(pollMs);
  }
}

async function create(file: string, text: string): Promise<boolean> {
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
    // On a full disk: an empty lock would hold up whoever comes next.
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

async function look(file: string): Promise<Seen | null> {
  try {
    const { mtimeMs } = await stat(file);
    return { text: await readFile(file, 'utf8'), mtimeMs };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

async function touch(file: string): Promise<void> {
  await utimes(file, new Date(), new Date()).catch(() => undefined);
}

/** Only what is certain: a process of another host or container may live though we cannot see it. */
function isDead(text: string): boolean {
  const [pid, host] = text.split(' ');
  if (host !== hostname() || !Number(pid)) return false;
  if (Number(pid) === process.pid) return !held.has(text);
  return !isAlive(Number(pid));
}

/** Renames first, so that of several who found the lock stale one gets it; gives it back if it was a fresh one. */
async function takeAway(file: string, staleText: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  const taken = await readFile(aside, 'utf8');
  if (taken !== staleText) await create(file, taken);
  await rm(aside, { force: true });
}

function lockFault(file: string): PanelsyncError {
  return new PanelsyncError({
    code: 'embedded_busy',
    recovery: 'busy',
    message: `Another panelsync has been starting or stopping the embedded Postgres for minutes (${file}).`,
    hint: 'Wait for it, or stop the process whose number the file holds.',
  });
}
