import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Durability } from '../../../src/embedded/server.ts';

const moduleUrl = new URL('../../../src/embedded/embedded.js', import.meta.url).href;

export interface EmbeddedChild {
  readonly url: string;
  /** Closes its embedded Postgres and ends. */
  closeAndExit(): Promise<void>;
  /** Ends without closing. */
  exit(): Promise<void>;
  kill(): Promise<void>;
  /** SIGINT to its process group, as a terminal does. */
  interrupt(): void;
  /** The next line that it prints. */
  nextLine(): Promise<string>;
}

/** A process of its own that starts the embedded Postgres and obeys the lines it is sent. */
export async function startEmbeddedChild(directory: string, tuning: Durability = 'durable'): Promise<EmbeddedChild> {
  const child = spawnEmbeddedChild(directory, tuning);
  const lines = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => String((await lines.next()).value);
  const ended = once(child, 'close');
  const send = async (line: string): Promise<void> => {
    child.stdin?.write(`${line}\n`);
    await ended;
  };
  return {
    url: await nextLine(),
    closeAndExit: () => send('leave'),
    exit: () => send('exit'),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    interrupt: () => process.kill(-(child.pid ?? 0), 'SIGINT'),
    nextLine,
  };
}

/** The same, without waiting for it to be up. */
export function spawnEmbeddedChild(directory: string, tuning: Durability): ChildProcess {
  const script = `
    import { startEmbedded } from ${JSON.stringify(moduleUrl)};
    const silent = () => undefined;
    const log = { debug: silent, info: silent, warn: silent, error: silent };
    const embedded = await startEmbedded({ directory: ${JSON.stringify(directory)}, log, durability: '${tuning}' });
    process.on('SIGINT', () => console.log('interrupted'));
    console.log(embedded.url);
    process.stdin.on('data', async (line) => {
      if (String(line).startsWith('exit')) process.exit(0);
      await embedded.close();
      process.stdin.destroy();
    });`;
  const args = ['--input-type=module', '--eval', script];
  return spawn(process.execPath, args, { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
}
