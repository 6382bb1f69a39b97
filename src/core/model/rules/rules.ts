/** Rules of single fields: when they are written, what makes a text invalid, and what becomes of it then. */

import type { CharacteristicValue, RowError } from '../terms.ts';

/** `once`: only when the person is created; `fill`: only where the Hub has nothing, as far as is known. */
export const writeRules = ['always', 'once', 'fill'] as const;
export type WriteRule = (typeof writeRules)[number];

/** What becomes of an invalid value: the whole row is invalid, or only this field is left out. */
export const invalidRules = ['reject', 'omit'] as const;
export type InvalidRule = (typeof invalidRules)[number];

/** Longest texts, in characters. The Hub documents none: these are what servers of its kind keep. */
export const maxLengths = { email: 254, field: 255, characteristic: 5000 } as const;

const characteristicPrefix = 'characteristics.';

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const controlCharacters = /[\u0000-\u001f\u007f]/;

/** Line breaks and tabs are fine in a characteristic, where people write more than one line. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const controlCharactersOfLines = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

const otherWhiteSpace = /[^\S ]| {2}/;

/** A text on one line: every run of white space in it is one space. */
export function toOneLine(text: string): string {
  return otherWhiteSpace.test(text) ? text.replaceAll(/\s+/g, ' ') : text;
}

const none: readonly RowError[] = [];

/** What is wrong with the text of a field, given by its flat name: `city`, `characteristics.plan`. */
export function textErrors(field: string, value: CharacteristicValue | undefined): readonly RowError[] {
  if (typeof value !== 'string') return none;
  const kind = field.startsWith(characteristicPrefix) ? 'characteristic' : 'field';
  const maxLength = field === 'email' ? maxLengths.email : maxLengths[kind];
  const isTooLong = value.length > maxLength;
  const hasControlCharacter = (kind === 'field' ? controlCharacters : controlCharactersOfLines).test(value);
  if (!isTooLong && !hasControlCharacter) return none;
  const errors: RowError[] = [];
  if (isTooLong) {
    errors.push({
      code: 'too_long',
      message: `${value.length} characters, more than the maximum of ${maxLength}`,
      field,
    });
  }
  if (hasControlCharacter) {
    errors.push({ code: 'control_character', message: 'the text contains a control character', field });
  }
  return errors;
}
