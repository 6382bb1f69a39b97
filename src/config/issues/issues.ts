/** What can be wrong with a configuration, and how people read about it. */

import { PanelsyncError } from '../../core/errors.ts';

/** One thing wrong with the configuration. It never contains a value that came from the environment. */
export interface ConfigIssue {
  /** Where it is, such as `syncs.research-panel.mapping.email`; empty when the whole file is meant. */
  readonly path: string;
  readonly line: number | null;
  /** What is wrong. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string | null;
}

/** A configuration that cannot be used, with every issue found in one go. */
export class ConfigError extends PanelsyncError {
  readonly issues: readonly ConfigIssue[];

  /** `file` is the file's name as people know it. */
  constructor(file: string, issues: readonly ConfigIssue[]) {
    const issueCount = issues.length === 1 ? '1 issue' : `${issues.length} issues`;
    super({
      code: 'config_invalid',
      recovery: 'usage',
      message: `The configuration ${file} has ${issueCount}:\n${issues.map(issueLine).join('\n')}`,
      hint: 'Correct the configuration; `panelsync check` reads it again without sending anything.',
    });
    this.name = 'ConfigError';
    this.issues = issues;
  }
}

function issueLine(issue: ConfigIssue): string {
  const { message, hint } = issue;
  const hintText = hint === null ? '' : `${message.endsWith('?') ? '' : '.'} ${hint}`;
  return `  ${messageWithLocation(issue)}${hintText}`;
}

/** What is wrong, with where it is. */
export function messageWithLocation({ path, line, message }: ConfigIssue): string {
  return `${line === null ? '' : `line ${line}: `}${path === '' ? '' : `${path}: `}${message}`;
}

/**
 * A word of the file for messages, cut at the first unusual character: `apiKey:abc`, written without the space that
 * YAML wants, is a key that contains a secret.
 */
export function safeWord(word: string): string {
  const safePart = /^[\w.-]{0,63}/.exec(word)?.[0] ?? '';
  return safePart === word ? word : `${safePart}…`;
}
