import type { Formats } from '../../core/ports/formats.ts';
import type { CharacteristicValue, RowError, Payload } from '../../core/model/terms.ts';

/** Longest texts, in characters. The Hub documents none: these are what servers of its kind keep. */
export const maxLengths = { email: 254, field: 255, characteristic: 5000 } as const;

/**
 * Everything that the rules have against a payload. A missing e-mail is none of it: where the e-mail is the key, rows
 * without one were found when they were staged.
 */
export function validate(payload: Payload, formats: Formats): readonly RowError[] {
  const errors: RowError[] = [];
  const { email } = payload.fields;
  if (typeof email === 'string' && email.length <= maxLengths.email) {
    const message = emailError(email, formats);
    if (message !== null) errors.push({ code: 'email_invalid', message, field: 'email' });
  }
  addTextErrors(errors, payload.fields, fieldRule);
  addTextErrors(errors, payload.characteristics, characteristicRule);
  return errors;
}

/** Two addresses that look the same would be two people. */
const invisibleCharacter = /\p{Cf}/u;

function emailError(email: string, formats: Formats): string | null {
  const codePoint = invisibleCharacter.exec(email)?.[0].codePointAt(0);
  if (codePoint !== undefined) {
    return `the e-mail contains an invisible character (U+${codePoint.toString(16).toUpperCase().padStart(4, '0')})`;
  }
  return formats.isEmail(email) ? null : 'the e-mail is malformed';
}

interface TextRule {
  readonly prefix: string;
  maxLengthOf(name: string): number;
  readonly controlCharacters: RegExp;
}

const fieldRule: TextRule = {
  prefix: '',
  maxLengthOf: (name) => (name === 'email' ? maxLengths.email : maxLengths.field),
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  controlCharacters: /[\u0000-\u001f\u007f]/,
};

/** Line breaks and tabs are fine in a characteristic, where people write more than one line. */
const characteristicRule: TextRule = {
  prefix: 'characteristics.',
  maxLengthOf: () => maxLengths.characteristic,
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  controlCharacters: /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/,
};

function addTextErrors(
  errors: RowError[],
  values: Readonly<Record<string, CharacteristicValue | undefined>>,
  rule: TextRule,
): void {
  for (const name of Object.keys(values)) {
    const text = values[name];
    if (typeof text !== 'string') continue;
    const field = rule.prefix + name;
    const maxLength = rule.maxLengthOf(name);
    if (text.length > maxLength) {
      errors.push({
        code: 'too_long',
        message: `${text.length} characters, more than the maximum of ${maxLength}`,
        field,
      });
    }
    if (rule.controlCharacters.test(text)) {
      errors.push({ code: 'control_character', message: 'the text contains a control character', field });
    }
  }
}
