/**
 * The text form of Postgres' COPY: one line a row, tabs between fields, `\N` for null, backslash escapes.
 * Every source hands over its rows in it: it is what Postgres streams fastest, and a line can be hashed as it is.
 */

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
const letters = new Map(Object.entries(escapes).map(([letter, character]) => [character, letter]));

/** One field as COPY wrote it; `null` for `\N`. */
export function copyField(field: string): string | null {
  if (!field.includes('\\')) return field;
  if (field === '\\N') return null;
  return field.replace(/\\(.)/gs, (_, letter: string) => escapes[letter] ?? letter);
}

/** The fields of one line, without its newline. */
export function copyFields(line: string): readonly (string | null)[] {
  const fields = line.split('\t');
  return line.includes('\\') ? fields.map(copyField) : fields;
}

/** A value as COPY reads it. */
export function copyEscape(value: string | null): string {
  if (value === null) return '\\N';
  return value.replace(/[\\\b\f\n\r\t\v]/g, (character) => `\\${letters.get(character) ?? character}`);
}
