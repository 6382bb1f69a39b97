import type { Formats } from '../core/ports.ts';
import type { Fault, Payload } from '../core/types.ts';
import { flatFields } from '../core/participant.ts';

/** Longest texts, in characters. The Hub documents none: these are what servers of its kind keep. */
export const maxLengths = { email: 254, field: 255, characteristic: 5000 } as const;

/**
 * Everything that the rules have against a payload. A missing e-mail is none of it: where the e-mail is the key, rows
 * without one were found when they were staged.
 */
export function validate(payload: Payload, formats: Formats): readonly Fault[] {
  const faults: Fault[] = [];
  const { email } = payload.fields;
  if (typeof email === 'string' && email.length <= maxLengths.email && !formats.isEmail(email)) {
    faults.push({ code: 'email_invalid', message: 'the e-mail is not well formed', field: 'email' });
  }
  for (const [field, value] of flatFields(payload)) {
    if (typeof value === 'string') faults.push(...textFaults(field, value));
  }
  return faults;
}

function textFaults(field: string, text: string): readonly Fault[] {
  const faults: Fault[] = [];
  const limit = limitOf(field);
  if (text.length > limit) {
    faults.push({ code: 'too_long', message: `${text.length} characters, where ${limit} is the most`, field });
  }
  if (hasControl(text, field.startsWith('characteristics.'))) {
    faults.push({ code: 'control_character', message: 'the text holds a control character', field });
  }
  return faults;
}

function limitOf(field: string): number {
  if (field === 'email') return maxLengths.email;
  return field.startsWith('characteristics.') ? maxLengths.characteristic : maxLengths.field;
}

/** Line breaks and tabs are fine in a characteristic, where people write more than one line. */
function hasControl(text: string, linesAllowed: boolean): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return (linesAllowed ? /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/ : /[\u0000-\u001f\u007f]/).test(text);
}
