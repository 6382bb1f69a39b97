import { PanelsyncError } from '../../core/errors.ts';

/** One thing wrong with the configuration. It never holds a value that came from the environment. */
export interface ConfigFault {
  /** Where it is, such as `syncs.research-panel.mapping.email`; empty when the whole file is meant. */
  readonly path: string;
  readonly line: number | null;
  /** What is wrong. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string | null;
}

/** A configuration that cannot be used, with every fault found in one go. */
export class ConfigError extends PanelsyncError {
  readonly faults: readonly ConfigFault[];

  /** `file` is the file's name as people know it. */
  constructor(file: string, faults: readonly ConfigFault[]) {
    const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
    super({
      code: 'config_invalid',
      recovery: 'usage',
      message: `The configuration ${file} has ${count}:\n${faults.map(faultLine).join('\n')}`,
      hint: 'Correct the configuration; `panelsync check` reads it again without sending anything.',
    });
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

function faultLine(fault: ConfigFault): string {
  const { message, hint } = fault;
  const advice = hint === null ? '' : `${message.endsWith('?') ? '' : '.'} ${hint}`;
  return `  ${placedMessage(fault)}${advice}`;
}

/** What is wrong, with where it is. */
export function placedMessage({ path, line, message }: ConfigFault): string {
  return `${line === null ? '' : `line ${line}: `}${path === '' ? '' : `${path}: `}${message}`;
}

/**
 * A word of the file for messages, cut at the first unusual character: `apiKey:abc`, written without the space that
 * YAML wants, is a key that carries a secret.
 */
export function showWord(word: string): string {
  const plain = /^[\w.-]{0,63}/.exec(word)?.[0] ?? '';
  return plain === word ? word : `${plain}…`;
}
