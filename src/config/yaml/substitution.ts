import type { ReferenceProblem, ReferenceValues } from '../variables/variables.ts';

export interface Substitution {
  readonly text: string;
  /** Whether any part of the text was written as a reference. */
  readonly isReference: boolean;
  readonly problems: readonly ReferenceProblem[];
}

// A default has no braces: `${A:-${B}}` would otherwise end at the first brace and mean something else.
const namePattern = '[A-Za-z_][A-Za-z0-9_]*';
const filePattern = 'file:[^{}\\r\\n]+';
const variablePattern = `\\$\\{(?:(${namePattern})(?::-([^{}\\r\\n]*))?|(${filePattern}))\\}`;
const escapePattern = '\\$\\$\\{';

/** Matches a text with a reference; for the JSON Schema that editors use. */
export const referencePattern = `\\$\\{(${namePattern}(:-[^{}]*)?|file:[^{}]+)\\}`;

/** All that a text refers to: names of variables, and `file:` with a path. */
export function referencesIn(text: string): ReadonlySet<string> {
  const matches = [...text.matchAll(new RegExp(`${escapePattern}|${variablePattern}`, 'g'))];
  return new Set(matches.map(([, name, , file]) => name ?? file).filter((reference) => reference !== undefined));
}

/** Replaces `${NAME}`, `${NAME:-default}` and `${file:/path}`; `$${` stands for `${` itself. */
export function substitute(text: string, references: ReferenceValues): Substitution {
  const problems: ReferenceProblem[] = [];
  let isReference = false;
  const pattern = new RegExp(`${escapePattern}|${variablePattern}|\\$\\{`, 'g');
  const result = text.replace(pattern, (match: string, name?: string, fallback?: string, file?: string) => {
    if (match === '$${') return '${';
    const reference = name ?? file;
    if (reference === undefined) {
      const hint = 'Write ${NAME}, ${NAME:-default} or ${file:/path}, and `$${` for a literal `${`.';
      problems.push({ message: 'has a `${` that starts no reference', hint });
      return '';
    }
    isReference = true;
    const value = references.get(reference);
    if (value !== undefined && 'problem' in value) {
      problems.push(value.problem);
      return '';
    }
    if (value !== undefined && value.text !== '') return value.text;
    if (fallback === undefined) problems.push(missingProblem(reference, value !== undefined));
    return fallback ?? '';
  });
  return { text: result, isReference, problems };
}

function missingProblem(reference: string, isEmpty: boolean): ReferenceProblem {
  if (reference.startsWith('file:')) return { message: 'the file is empty', hint: 'Write the value into the file.' };
  return {
    message: `the environment variable ${reference} is ${isEmpty ? 'set to nothing' : 'not set'}`,
    hint: `Set it in the environment or in the file .env, or write a default: \${${reference}:-...}.`,
  };
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

/** A text of the environment as the number or the truth value that the schema expects; as it is when it is none. */
export function coerce(text: string, expectedType: string): string | number | boolean {
  if ((expectedType === 'number' || expectedType === 'int') && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (expectedType === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
