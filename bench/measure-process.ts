import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** One run of a program as a process of its own. */
export interface Measurement {
  /** What the program itself calls its work, without starting and connecting. */
  readonly workMs: number;
  /** The whole process. */
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMb: number;
  /** Where the program is panelsync: what its report says went to the state database. */
  readonly bytesToState: number;
  /** In the same way, what came from the warehouse. */
  readonly bytesFromSource: number;
}

interface RecordedUsage {
  readonly workMs: number | null;
  readonly cpuMs: number;
  readonly peakMb: number;
}

const usageRecorder = pathToFileURL(fileURLToPath(new URL('note-usage.js', import.meta.url))).href;

/** Runs a program of this folder (or one given by its whole path) and measures it. */
export async function measureProcess(
  program: string,
  args: readonly string[],
  exitCodes: readonly number[] = [0],
): Promise<Measurement & { readonly stdout: string }> {
  const path = program.startsWith('/') ? program : fileURLToPath(new URL(program, import.meta.url));
  const directory = await mkdtemp(join(tmpdir(), 'panelsync-usage-'));
  const usageFile = join(directory, 'usage.json');
  const startedMs = performance.now();
  const child = spawn(process.execPath, ['--import', usageRecorder, path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, BENCH_USAGE_FILE: usageFile },
  });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  const wallMs = performance.now() - startedMs;
  if (code === null || !exitCodes.includes(code)) throw new Error(`${program} ended with ${code}: ${stdout}`);
  const recorded = JSON.parse(await readFile(usageFile, 'utf8')) as RecordedUsage;
  await rm(directory, { recursive: true });
  const { cpuMs, peakMb } = recorded;
  return {
    workMs: recorded.workMs ?? wallMs,
    wallMs,
    cpuMs,
    peakMb,
    bytesToState: Number.NaN,
    bytesFromSource: Number.NaN,
    stdout,
  };
}
