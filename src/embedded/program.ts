import { spawn } from 'node:child_process';
import type { SpawnOptions } from 'node:child_process';
import { chown, readFile, stat } from 'node:fs/promises';
import { PanelsyncError } from '../core/errors.ts';
import { systemCode } from '../lib/system-code.ts';
import { externalPostgresHint } from './errors.ts';

/** The user a program runs as; `null`: as we do. */
export type Account = { readonly uid: number; readonly gid: number } | null;

export interface ProgramResult {
  readonly succeeded: boolean;
  /** Standard output and standard error. */
  readonly output: string;
}

/** Postgres refuses to run as root: then it runs as the owner of its data, or as a user with few rights. */
export async function serverAccount(dataFolder: string): Promise<Account> {
  if (process.getuid?.() !== 0) return null;
  const owner = await stat(dataFolder).catch(() => null);
  if (owner !== null && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '');
  for (const name of ['postgres', '_postgres', 'nobody']) {
    const [, uid, gid] = new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, 'm').exec(users) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new PanelsyncError({
    code: 'embedded_user',
    recovery: 'usage',
    message: 'The embedded Postgres may not run as root, and this system has neither a user postgres nor nobody.',
    hint: `Run panelsync as an ordinary user. Or: ${externalPostgresHint}`,
  });
}

export async function changeOwner(account: Account, path: string): Promise<void> {
  if (account !== null) await chown(path, account.uid, account.gid);
}

/** Whether the account may pass through the folder and all above it; asked of the system, which knows of ACLs too. */
export async function canTraverse(account: Account, folder: string): Promise<boolean> {
  if (account === null) return true;
  return (await runProgram('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], account)).succeeded;
}

/**
 * In a session of its own, so that Ctrl-C in the terminal stops panelsync and not its database, and with an
 * environment of its own: the one of panelsync holds secrets.
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
