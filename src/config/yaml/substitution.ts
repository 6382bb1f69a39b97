/** Environment variables, from `.env` and the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface Substitution {
  readonly text: string;
  /** Whether any part of the text was written as a reference to the environment. */
  readonly fromEnvironment: boolean;
  /** What is wrong with the references, in words that hold none of their values. */
  readonly problems: readonly { readonly message: string; readonly hint: string }[];
}

// A default holds no braces: `${A:-${B}}` would otherwise end at the first brace and mean something else.
const variableNamePattern = '[A-Za-z_][A-Za-z0-9_]*';
const variablePattern = `\\$\\{(${variableNamePattern})(?::-([^{}\\r\\n]*))?\\}`;
const escapePattern = '\\$\\$\\{';

/** Matches a text that holds a reference; for the JSON Schema that editors use. */
export const referencePattern = `\\$\\{${variableNamePattern}(:-[^{}]*)?\\}`;

/** Replaces `${NAME}` and `${NAME:-default}`; `$${` stands for `${` itself. */
export function substitute(text: string, env: Environment): Substitution {
  const problems: { message: string; hint: string }[] = [];
  let fromEnvironment = false;
  const pattern = new RegExp(`${escapePattern}|${variablePattern}|\\$\\{`, 'g');
  const result = text.replace(pattern, (match: string, variable?: string, fallback?: string) => {
    if (match === '$${') return '${';
    if (variable === undefined) {
      const hint = 'Write ${NAME} or ${NAME:-default}, and `$${` where `${` is meant as it is.';
      problems.push({ message: 'holds a `${` that starts no reference to an environment variable', hint });
      return '';
    }
    fromEnvironment = true;
    const value = Object.hasOwn(env, variable) ? env[variable] : undefined;
    if (value !== undefined && value !== '') return value;
    if (fallback === undefined) {
      const hint = `Set it in the environment or in the file .env, or write a default: \${${variable}:-...}.`;
      const message = `the environment variable ${variable} is ${value === undefined ? 'not set' : 'set to nothing'}`;
      problems.push({ message, hint });
    }
    return fallback ?? '';
  });
  return { text: result, fromEnvironment, problems };
}

const maskOffset = 0xe000;

/**
 * Hides references from the YAML parser, character by character so that positions stay: `{ token: ${TOKEN:-} }` would
 * end at the reference's brace. The characters come from a private range of Unicode.
 */
export function maskReferences(text: string): string {
  const pattern = new RegExp(`${escapePattern}(?:[^{}\\r\\n]*\\})?|${variablePattern}`, 'g');
  return text.replace(pattern, (match) =>
    match.replace(/[\u0020-\u007e]/g, (character) => String.fromCharCode(maskOffset + character.charCodeAt(0))),
  );
}

export function unmaskReferences(text: string): string {
  return text.replace(/[\ue020-\ue07e]/g, (character) => String.fromCharCode(character.charCodeAt(0) - maskOffset));
}

/** A text of the environment as the number or the truth value that the schema wants; as it is when it is none. */
export function coerce(text: string, expectedType: string | null): string | number | boolean {
  if ((expectedType === 'number' || expectedType === 'integer') && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (expectedType === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
