import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** One run of a program as a process of its own. */
export interface Measured {
  /** What the program itself calls its work, without starting and connecting. */
  readonly workMs: number;
  /** The whole process. */
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMb: number;
}

interface Noted {
  readonly workMs: number | null;
  readonly cpuMs: number;
  readonly peakMb: number;
}

const note = pathToFileURL(fileURLToPath(new URL('note-usage.js', import.meta.url))).href;

/** Runs a program of this folder (or one given by its whole path) and measures it. */
export async function measured(
  program: string,
  args: readonly string[],
  exits: readonly number[] = [0],
): Promise<Measured & { readonly stdout: string }> {
  const path = program.startsWith('/') ? program : fileURLToPath(new URL(program, import.meta.url));
  const directory = await mkdtemp(join(tmpdir(), 'panelsync-usage-'));
  const usage = join(directory, 'usage.json');
  const started = performance.now();
  const child = spawn(process.execPath, ['--import', note, path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, BENCH_USAGE_FILE: usage },
  });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  const wallMs = performance.now() - started;
  if (code === null || !exits.includes(code)) throw new Error(`${program} ended with ${code}: ${stdout}`);
  const noted = JSON.parse(await readFile(usage, 'utf8')) as Noted;
  await rm(directory, { recursive: true });
  return { workMs: noted.workMs ?? wallMs, wallMs, cpuMs: noted.cpuMs, peakMb: noted.peakMb, stdout };
}
