import { stripVTControlCharacters } from 'node:util';

/** Characters that take two cells, and those that take none. */
const wide =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;
const weightless = /\p{Mn}|\u200b|\u200c|\u200d|\ufe0f/u;

/** Cells that a text takes on a terminal; colours take none. */
export function visibleWidth(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) {
    if (weightless.test(character)) continue;
    width += wide.test(character) ? 2 : 1;
  }
  return width;
}

/** Breaks lines that are wider than `width` between words; what follows keeps the indentation of its line. */
export function wrapText(text: string, width: number): string {
  return text
    .split('\n')
    .map((line) => (visibleWidth(line) <= width ? line : wrapLine(line, width)))
    .join('\n');
}

function wrapLine(line: string, width: number): string {
  const [indent = ''] = /^ */.exec(line) ?? [];
  const lines: string[] = [];
  let current = '';
  // The blanks between words stay as they are, for they may set columns apart.
  for (const [, gap = '', word = ''] of line.slice(indent.length).matchAll(/( *)([^ ]+)/g)) {
    const candidate = current === '' ? indent + word : current + gap + word;
    if (current !== '' && visibleWidth(candidate) > width) {
      lines.push(current);
      current = indent + word;
    } else {
      current = candidate;
    }
  }
  return [...lines, current].join('\n');
}
