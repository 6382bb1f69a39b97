/** What keeps text from outside from driving a terminal, or from reading in another order than it is written. */

/** Control characters, line and paragraph separators, and marks that change the direction of writing. */
const unprintable = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** The colours and weights that our own texts are written in. */
// oxlint-disable-next-line no-control-regex -- escape sequences are what this is about
const ownStyles = /\x1b\[(?:1|2|22|3[12369])m/g;

/** Text from outside on one line: what a terminal would obey is replaced. */
export function sanitize(text: string): string {
  return text.replace(unprintable, '\uFFFD');
}

/**
 * A text of ours, of any number of lines, that may hold text from outside: only our own colours get through, and none
 * where nothing of ours is coloured.
 */
export function sanitizeOutput(text: string, isColoured: boolean): string {
  return text
    .split('\n')
    .map((line) => {
      const styles = isColoured ? (line.match(ownStyles) ?? []) : [];
      return (isColoured ? line.split(ownStyles) : [line])
        .map((part, index) => sanitize(part.replaceAll('\t', '  ')) + (styles[index] ?? ''))
        .join('');
    })
    .join('\n');
}

/** JSON whose strings hold such characters as escapes; the document stays the same. */
export function escapeJson(json: string): string {
  return json.replace(unprintable, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
