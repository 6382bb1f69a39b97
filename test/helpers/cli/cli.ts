import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../../src/cli.js', import.meta.url));

/** Longer than any command of a test takes; a test that failed leaves no process behind. */
const usualLongestMs = 18_000;

/** Where a command is started, and the variables that it sees beside those every program needs. */
export interface Place {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface CliEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliProcess {
  readonly ended: Promise<CliEnd>;
  signal(signal: NodeJS.Signals): void;
  /** All it has written so far. */
  readonly written: Readonly<Record<'stdout' | 'stderr', string>>;
  /** Resolves with all it has written when this is part of it; rejects when it ends without. */
  wrote(output: 'stdout' | 'stderr', text: string): Promise<string>;
}

/** The built command line as a process of its own, with pipes in the place of a terminal. */
export function startCli(args: readonly string[], { cwd, env }: Place, longestMs: number = usualLongestMs): CliProcess {
  const child = spawn(process.execPath, ['--enable-source-maps', program, ...args], {
    cwd,
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: longestMs,
    killSignal: 'SIGKILL',
  });
  return follow(child);
}

export function runCli(args: readonly string[], place: Place): Promise<CliEnd> {
  return startCli(args, place).ended;
}

/** The same on a terminal, as util-linux' script gives one; both outputs come as one. */
export function runOnTerminal(args: readonly string[], { cwd, env }: Place): Promise<CliEnd> {
  const command = [process.execPath, '--enable-source-maps', program, ...args].map(quoted).join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd,
    env: environment(env),
    // Its end would be typed into the terminal; it stays open until the command is done.
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: usualLongestMs,
    killSignal: 'SIGKILL',
  });
  return follow(child).ended;
}

/** What a command with `--json` printed; throws unless it is one document and nothing else. */
// oxlint-disable-next-line no-unnecessary-type-parameters -- the caller names the document that it expects
export function documentOf<Document = unknown>({ stdout }: CliEnd): Document {
  const parsed: Document = JSON.parse(stdout);
  return parsed;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Nothing that the person who runs the tests has set for panelsync; coverage reaches into the process all the same. */
function environment(env: Place['env']): Readonly<Record<string, string>> {
  const { PATH = '', NODE_V8_COVERAGE } = process.env;
  const coverage = NODE_V8_COVERAGE === undefined ? {} : { NODE_V8_COVERAGE };
  return { PATH, LANG: 'C.UTF-8', TERM: 'xterm-256color', ...coverage, ...env };
}

function follow(child: ChildProcess): CliProcess {
  const written = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const output of ['stdout', 'stderr'] as const) {
    child[output]?.setEncoding('utf8').on('data', (text: string) => {
      written[output] += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<CliEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...written }));
  });
  return {
    ended,
    written,
    signal: (signal) => void child.kill(signal),
    wrote: (output, text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!written[output].includes(text)) return;
          listeners.delete(look);
          resolve(written[output]);
        };
        listeners.add(look);
        look();
        ended.then(() => reject(new Error(`ended without "${text}": ${written.stderr}`)), reject);
      }),
  };
}
