import { execute } from '../../../src/cli/execute.ts';
import { parseAndExecute } from '../../../src/cli/program.ts';
import { commands } from '../../../src/commands/commands.ts';
import { captureTerminal } from '../fixtures/run-report.ts';
import { normalizeText } from '../snapshots.ts';
import type { CliEnvironment } from './cli.ts';

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
    const { cwd, env } = this.#environment;
    const { terminal, out, err } = captureTerminal(false);
    const never = new AbortController().signal;
    const surroundings = { terminal, shutdown: { drain: never, abort: never }, cwd, env };
    const code = await parseAndExecute([...line.split(' '), '--log-level', 'error'], {
      commands,
      terminal,
      execute: (command, input, options) => execute(command, { input, options }, surroundings),
    });
    const errors = err().replaceAll(/^(?=.)/gm, '! ');
    const exitCode = code === 0 ? '' : `[exit code ${code}]`;
    const parts = [`$ panelsync ${line}`, out(), errors, exitCode];
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
