/**
 * The text form of Postgres' COPY: one line a row, tabs between fields, `\N` for null, backslash escapes.
 * Every source hands over its rows in it: it is what Postgres streams fastest, and a line can be hashed as it is.
 */

const charactersByLetter: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
const lettersByCharacter = new Map(
  Object.entries(charactersByLetter).map(([letter, character]) => [character, letter]),
);

/** One field as COPY wrote it; `null` for `\N`. */
export function unescapeCopyField(field: string): string | null {
  if (!field.includes('\\')) return field;
  if (field === '\\N') return null;
  return field.replace(/\\(.)/gs, (_, letter: string) => charactersByLetter[letter] ?? letter);
}

/** The fields of one line, without its newline. */
export function splitCopyLine(line: string): readonly (string | null)[] {
  const fields = line.split('\t');
  return line.includes('\\') ? fields.map(unescapeCopyField) : fields;
}

const escapedCharacter = /[\\\b\f\n\r\t\v]/;
const escapedCharacters = new RegExp(escapedCharacter, 'g');

/** A value as COPY reads it. */
export function escapeCopyField(value: string | null): string {
  if (value === null) return '\\N';
  // Most values have none, and a search costs a third of a replacement that finds nothing.
  if (!escapedCharacter.test(value)) return value;
  return value.replace(escapedCharacters, (character) => `\\${lettersByCharacter.get(character) ?? character}`);
}
