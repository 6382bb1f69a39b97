import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { CliResult } from '../cli/cli.ts';
import type { Project } from '../cli/project.ts';

/** Lets `npx panelsync` run the built command line, without the second that npx takes to find it. */
export async function installPanelsync(folder: Pick<Project, 'cwd'>): Promise<void> {
  const cli = resolve('dist/src/cli.js');
  await installProgram(
    folder,
    'npx',
    `[ "$1" = --no-install ] && shift; [ "$1" = panelsync ] || exit 127; shift; exec '${process.execPath}' '${cli}' "$@"`,
  );
}

/** A program of the project's own folder `bin`, which comes first in the path of `runShell`. */
export async function installProgram({ cwd }: Pick<Project, 'cwd'>, name: string, script: string): Promise<void> {
  await mkdir(join(cwd, 'bin'), { recursive: true });
  await writeFile(join(cwd, 'bin', name), `#!/bin/sh\n${script}\n`);
  await chmod(join(cwd, 'bin', name), 0o755);
}

/** Runs a script as cron and CI do: no terminal, no input, few variables. */
export function runShell(script: string, { cwd, env }: Pick<Project, 'cwd' | 'env'>): Promise<CliResult> {
  return runProgram('sh', ['-c', script], { cwd, env });
}

export async function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env }: Pick<Project, 'cwd' | 'env'>,
): Promise<CliResult> {
  const path = `${join(cwd, 'bin')}:${process.env['PATH'] ?? ''}`;
  const child = spawn(program, args, {
    cwd,
    env: { PATH: path, HOME: cwd, LANG: 'C.UTF-8', TMPDIR: tmpdir(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => (output[stream] += text));
  }
  const [code]: (number | null)[] = await once(child, 'close');
  return { code: code ?? null, ...output };
}
