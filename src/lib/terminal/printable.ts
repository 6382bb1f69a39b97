/** What keeps text from outside from driving a terminal, or from reading in another order than it is written. */

/** Control characters, line and paragraph separators, and marks that change the direction of writing. */
const unprintable = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** The colours and weights that our own texts are written in. */
// oxlint-disable-next-line no-control-regex -- escape sequences are what this is about
const ownStyles = /\x1b\[(?:0|1|2|22|3[0-79]|9[0-7])m/g;

/** Text from outside on one line: what a terminal would obey is replaced. */
export function sanitize(text: string): string {
  return text.replace(unprintable, '\uFFFD');
}

/** A text of ours, of any number of lines, that may hold text from outside: only our own colours get through. */
export function sanitizeOutput(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      const styles = line.match(ownStyles) ?? [];
      return line
        .split(ownStyles)
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
