import type { Formats } from '../../core/ports/formats.ts';
import { surroundedEmailIssue } from '../../core/model/rules/email-text.ts';
import { maxLengths, textErrors } from '../../core/model/rules/rules.ts';
import type { CharacteristicValue, Payload, RowError } from '../../core/model/terms.ts';

/**
 * Everything that the rules have against a payload. A missing e-mail is none of it: where the e-mail is the key, rows
 * without one were found when they were staged.
 */
export function validate(payload: Payload, formats: Formats): readonly RowError[] {
  const errors: RowError[] = [];
  const { fields, characteristics } = payload;
  const { email } = fields;
  if (typeof email === 'string' && email.length <= maxLengths.email) {
    const message = emailError(email, formats);
    if (message !== null) errors.push({ code: 'email_invalid', message, field: 'email' });
  }
  for (const [field, value] of Object.entries(fields)) addTextErrors(errors, field, value);
  for (const [slug, value] of Object.entries(characteristics)) addTextErrors(errors, `characteristics.${slug}`, value);
  return errors;
}

/** Most rows have none, so that nothing is to be put together for them. */
function addTextErrors(errors: RowError[], field: string, value: CharacteristicValue): void {
  const found = textErrors(field, value);
  if (found.length > 0) errors.push(...found);
}

/** Two addresses that look the same would be two people. */
const invisibleCharacter = /\p{Cf}/u;

function emailError(email: string, formats: Formats): string | null {
  const codePoint = invisibleCharacter.exec(email)?.[0].codePointAt(0);
  if (codePoint !== undefined) {
    return `the e-mail contains an invisible character (U+${codePoint.toString(16).toUpperCase().padStart(4, '0')})`;
  }
  return formats.isEmail(email) ? null : (surroundedEmailIssue(email) ?? 'the e-mail is malformed');
}
