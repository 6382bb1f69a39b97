import { spawn } from 'node:child_process';
import type { SpawnOptions } from 'node:child_process';
import { chmod, chown, readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { PanelsyncError } from '../core/errors.ts';
import { systemCode } from '../lib/system-code.ts';
import { externalPostgresHint } from './errors.ts';

/** The user that a program runs as; `null`: the user that runs panelsync. */
export type Account = { readonly uid: number; readonly gid: number } | null;

export interface ProgramResult {
  readonly succeeded: boolean;
  /** Standard output and standard error. */
  readonly output: string;
}

/** Postgres refuses to run as root: it then runs as the owner of its data, or as a user with few rights. */
export async function serverAccount(dataFolder: string): Promise<Account> {
  if (process.getuid?.() !== 0) return null;
  const owner = await stat(dataFolder).catch(() => null);
  if (owner !== null && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return leastUser();
}

async function leastUser(): Promise<Account> {
  for (const name of ['postgres', '_postgres', 'nobody']) {
    const account = await findUser(name);
    if (account !== null) return account;
  }
  throw new PanelsyncError({
    code: 'embedded_user',
    recovery: 'usage',
    message: 'The embedded Postgres does not run as root, and this system has neither a user "postgres" nor "nobody".',
    hint: `Run panelsync as an ordinary user. Or ${externalPostgresHint}`,
  });
}

async function findUser(name: string, uid?: number): Promise<Account> {
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const [, foundUid, gid] = new RegExp(`^${name}:[^:]*:(${uid ?? '\\d+'}):(\\d+):`, 'm').exec(users) ?? [];
  return foundUid === undefined || gid === undefined ? null : { uid: Number(foundUid), gid: Number(gid) };
}

/**
 * The account that can create data. initdb looks its user up by number, and fails in a container that runs as a user
 * unknown to its image.
 */
export async function accountWithEntry(account: Account): Promise<Account> {
  if (process.platform === 'win32') return account;
  if (account !== null) return (await findUser('[^:]+', account.uid)) === null ? leastUser() : account;
  try {
    userInfo();
    return account;
  } catch (error) {
    throw new PanelsyncError({
      code: 'embedded_user',
      recovery: 'usage',
      message: `The embedded Postgres cannot create its data: user ${process.getuid?.()} has no entry in /etc/passwd.`,
      hint: `Run panelsync as a user of this system, or add the user to /etc/passwd. Or ${externalPostgresHint}`,
      cause: error,
    });
  }
}

export async function changeOwner(account: Account, path: string): Promise<void> {
  if (account !== null) await chown(path, account.uid, account.gid);
}

/** Whether the account may pass through the folder and all its parents; the system decides, so ACLs count too. */
export async function canTraverse(account: Account, folder: string): Promise<boolean> {
  if (account === null) return true;
  return (await runProgram('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], account)).succeeded;
}

/** Lets other users pass through our folder; they can neither list it nor read what is in it. */
export async function allowTraversal(directory: string): Promise<void> {
  const { mode } = await stat(directory);
  await chmod(directory, (mode & 0o7777) | 0o011);
}

/**
 * A session of its own, so that Ctrl-C in the terminal stops panelsync and not its database, and an environment of its
 * own, as that of panelsync contains secrets.
 */
export function spawnOptions(account: Account): SpawnOptions {
  return { detached: true, windowsHide: true, cwd: '/', env: { LC_ALL: 'C', TZ: 'UTC' }, ...account };
}

/** Runs a program to its end. Never rejects. */
export function runProgram(file: string, args: readonly string[], account: Account): Promise<ProgramResult> {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(file, args, { ...spawnOptions(account), stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', (error) =>
      resolve({ succeeded: false, output: `${file}: ${systemCode(error) ?? 'no start'}` }),
    );
    child.once('close', (code) => resolve({ succeeded: code === 0, output }));
  });
}
