import type { CliEnvironment, CliResult } from './cli.ts';
import { runCli } from './cli.ts';
import { normalizeText } from '../snapshots.ts';

/** What a person sees of a session: each command, what it prints to either output, and its exit code. */
export class Transcript {
  readonly #entries: string[] = [];
  readonly #environment: CliEnvironment;
  readonly #replacements: Readonly<Record<string, string>>;

  constructor(environment: CliEnvironment, replacements: Readonly<Record<string, string>> = {}) {
    this.#environment = environment;
    this.#replacements = { [environment.cwd]: '/project', ...replacements };
  }

  /** Runs one command; its log is left out. */
  async run(line: string, env: CliEnvironment['env'] = {}): Promise<CliResult> {
    const { cwd, env: defaults } = this.#environment;
    const result = await runCli([...line.split(' '), '--log-level', 'error'], { cwd, env: { ...defaults, ...env } });
    const errors = result.stderr.replaceAll(/^(?=.)/gm, '! ');
    const exitCode = result.code === 0 ? '' : `[exit code ${result.code}]`;
    const parts = [`$ panelsync ${line}`, result.stdout, errors, exitCode];
    this.#entries.push(
      parts
        .map((part) => part.trimEnd())
        .filter((part) => part !== '')
        .join('\n'),
    );
    return result;
  }

  get text(): string {
    return normalizeText(this.#entries.join('\n\n'), this.#replacements);
  }
}
