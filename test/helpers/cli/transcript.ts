import { normalizeText } from '../snapshots.ts';
import type { CliEnvironment } from './cli.ts';
import { runInProcess } from './in-process.ts';

/**
 * What a person sees of a session: each command, what it prints to either output, and its exit code. The commands run
 * in this process, with all that belongs to them but signals; other tests start processes.
 */
export class Transcript {
  readonly #entries: string[] = [];
  readonly #environment: CliEnvironment;
  readonly #replacements: Readonly<Record<string, string>>;

  constructor(environment: CliEnvironment, replacements: Readonly<Record<string, string>> = {}) {
    this.#environment = environment;
    this.#replacements = { [environment.cwd]: '/project', ...replacements };
  }

  /** Executes one command without its log. */
  async run(line: string): Promise<void> {
    const args = [...line.split(' '), '--log-level', 'error'];
    const { code, stdout, stderr } = await runInProcess(args, this.#environment);
    const errors = stderr.replaceAll(/^(?=.)/gm, '! ');
    const exitCode = code === 0 ? '' : `[exit code ${code}]`;
    const parts = [`$ panelsync ${line}`, stdout, errors, exitCode];
    this.#entries.push(
      parts
        .map((part) => part.trimEnd())
        .filter((part) => part !== '')
        .join('\n'),
    );
  }

  get text(): string {
    return normalizeText(this.#entries.join('\n\n'), this.#replacements);
  }
}
