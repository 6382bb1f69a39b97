import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

export const cliPath = fileURLToPath(new URL('../../../src/cli.js', import.meta.url));

/**
 * No command has a time limit, for a busy machine takes as long as it takes. Those that a failed test left behind end
 * with the process that started them.
 */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Where a command is started, and the variables that it sees beside those every program needs. */
export interface CliEnvironment {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** A program with its arguments that starts it, such as `setpriv`, which starts it as another user. */
  readonly launcher?: readonly string[];
}

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliProcess {
  readonly ended: Promise<CliResult>;
  signal(signal: NodeJS.Signals): void;
  /** All it has written so far. */
  readonly output: Readonly<Record<'stdout' | 'stderr', string>>;
  /** Resolves with all it has written when this is part of it; rejects when it ends without. */
  waitForOutput(stream: 'stdout' | 'stderr', text: string): Promise<string>;
}

/** The built command line as a process of its own, with pipes in the place of a terminal. */
export function startCli(args: readonly string[], { cwd, env, launcher = [] }: CliEnvironment): CliProcess {
  const [program = '', ...allArgs] = [...launcher, process.execPath, cliPath, ...args];
  const child = spawn(program, allArgs, {
    cwd,
    env: childEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return trackProcess(child);
}

export function runCli(args: readonly string[], environment: CliEnvironment): Promise<CliResult> {
  return startCli(args, environment).ended;
}

/** The same on a terminal, as util-linux' script gives one; both outputs come as one. `columns` is its width. */
export function runOnTerminal(
  args: readonly string[],
  environment: CliEnvironment,
  columns: number = 120,
): Promise<CliResult> {
  return startOnTerminal(args, environment, columns).ended;
}

/** The same while it runs; `typeText` types into the terminal. */
export function startOnTerminal(
  args: readonly string[],
  { cwd, env }: CliEnvironment,
  columns: number = 120,
): CliProcess & { typeText(text: string): void } {
  const program = [process.execPath, cliPath, ...args].map(shellQuote).join(' ');
  const command = `stty cols ${columns} rows 24; exec ${program}`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd,
    env: childEnvironment(env),
    // Its end would be typed into the terminal; it stays open until the command is done.
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  return { ...trackProcess(child), typeText: (text) => void child.stdin.write(text) };
}

/** What a command with `--json` printed; throws unless it is one document and nothing else. */
// oxlint-disable-next-line no-unnecessary-type-parameters -- the caller names the document that it expects
export function parseJsonOutput<Document = unknown>({ stdout }: CliResult): Document {
  const parsed: Document = JSON.parse(stdout);
  return parsed;
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Nothing that the person who runs the tests has set for panelsync, but the temporary folder and what coverage needs. */
function childEnvironment(env: CliEnvironment['env']): Readonly<Record<string, string>> {
  const { PATH = '', NODE_V8_COVERAGE } = process.env;
  const coverage = NODE_V8_COVERAGE === undefined ? {} : { NODE_V8_COVERAGE };
  return { PATH, LANG: 'C.UTF-8', TERM: 'xterm-256color', TMPDIR: tmpdir(), ...coverage, ...env };
}

function trackProcess(child: ChildProcess): CliProcess {
  running.add(child);
  child.once('exit', () => running.delete(child));
  const output = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...output }));
  });
  return {
    ended,
    output,
    signal: (signal) => void child.kill(signal),
    waitForOutput: (stream, text) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (!output[stream].includes(text)) return;
          listeners.delete(check);
          resolve(output[stream]);
        };
        listeners.add(check);
        check();
        ended.then(() => reject(new Error(`ended without "${text}": ${output.stderr}`)), reject);
      }),
  };
}
