import { startCli } from '../cli/cli.ts';
import type { CliResult, CliEnvironment } from '../cli/cli.ts';
import type { Project } from '../cli/project.ts';
import { waitUntil } from '../wait-until.ts';

/** A line of a daemon's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly message: string };

/** A daemon as a process of its own. */
export interface Daemon {
  readonly url: string;
  readonly ended: Promise<CliResult>;
  signal(signal: NodeJS.Signals): void;
  /** Its log so far; throws where a line of standard error is no JSON. */
  log(): readonly LogLine[];
  /** Resolves with the first line with this message, or with the `nth`. */
  waitForLog(message: string, nth?: number): Promise<LogLine>;
}

/** The sync `panel` on a schedule; what tests change about it comes from the environment. */
const configuration = `state: { url: "\${DATABASE_URL}" }
destination:
  apiKey: \${HUB_KEY}
  baseUrl: \${HUB_URL}
  batchSize: \${BATCH_SIZE:-100}
  requestsPerMinute: 6000
  maxAttempts: 1
sources:
  warehouse: { type: postgres, url: "\${WAREHOUSE_URL}" }
syncs:
  panel:
    source: warehouse
    model: models/people.sql
    schedule: \${SCHEDULE:-* * * * * *}
    catchUp: \${CATCH_UP:-false}
    mapping: { email: email, first_name: first_name, city: city, characteristics: { plan: plan } }
daemon: { shutdownTimeoutMs: \${SHUTDOWN_TIMEOUT_MS:-30000} }
server: { port: \${PORT:-0} }
`;

export const neverSchedule = '0 0 1 1 *';

/** Starts daemons on the configuration of a project, and sees to it that none outlives its test. */
export class TestDaemons {
  readonly #project: Project;
  readonly #running: Daemon[] = [];

  constructor(project: Project) {
    this.#project = project;
  }

  async configure(change: (text: string) => string = (text) => text): Promise<void> {
    await this.#project.write('config/panelsync.yaml', change(configuration));
  }

  /** Resolves when it listens. */
  async start(env: CliEnvironment['env'] = {}, args: readonly string[] = []): Promise<Daemon> {
    const process = startCli(['start', ...args], this.#project.withEnv(env));
    const log = (): readonly LogLine[] => parseLogLines(process.output.stderr);
    let exited = false;
    void process.ended.then(() => (exited = true));
    const waitForLog = async (message: string, nth = 1): Promise<LogLine> => {
      const findLine = (): LogLine | undefined => log().filter((line) => line.message === message)[nth - 1];
      await waitUntil(() => findLine() !== undefined || exited);
      const line = findLine();
      if (line === undefined) throw new Error(`no "${message}" in:\n${process.output.stderr}`);
      return line;
    };
    const { url } = await waitForLog('listening');
    const daemon = { url: String(url), ended: process.ended, signal: process.signal, log, waitForLog: waitForLog };
    this.#running.push(daemon);
    return daemon;
  }

  async killAll(): Promise<void> {
    for (const daemon of this.#running) daemon.signal('SIGKILL');
    await Promise.all(this.#running.map(({ ended }) => ended));
    this.#running.length = 0;
  }
}

function parseLogLines(stderr: string): readonly LogLine[] {
  const complete = stderr.slice(0, stderr.lastIndexOf('\n') + 1);
  return complete
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const parsed: LogLine = JSON.parse(line);
      return parsed;
    });
}
