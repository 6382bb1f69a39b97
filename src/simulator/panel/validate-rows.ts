import type { CharacteristicValue, FieldName } from '../../core/model/terms.ts';
import { validateCharacteristics } from './validate-characteristics.ts';
import { emailKey } from './panel.ts';
import { isRecord } from './row-rules.ts';
import type { ReportError, RowValidationError, RowRules, ValidationContext } from './row-rules.ts';

/** A valid row, with the Hub's field names. */
export interface ValidRow {
  readonly fields: Readonly<Partial<Record<FieldName, string | null>>>;
  readonly characteristics: Readonly<Record<string, CharacteristicValue>>;
}

export interface ValidationResult {
  readonly rows: readonly ValidRow[];
  readonly errors: readonly RowValidationError[];
}

const maxTextLength = 255;
const maxEmailLength = 254;
// Control characters, and halves of surrogate pairs, which no database accepts.
const unprintablePattern = /[\p{Cc}\p{Cs}]/u;
const emailPattern = /^[^\s@.()<>[\]\\,;:"]+(?:\.[^\s@.()<>[\]\\,;:"]+)*@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+$/u;
const phonePattern = /^[\d+ ().-]{5,32}$/;

/** Validates every row of a batch and collects all errors. */
export function validateRows(rows: readonly unknown[], rules: RowRules): ValidationResult {
  const errors: RowValidationError[] = [];
  const seen = new Set<string>();
  const validated = rows.map((row, index) => {
    const report: ReportError = (error) => errors.push({ row: index, ...error });
    const result = validateRow(row, rules, report);
    const { email } = result.fields;
    if (typeof email === 'string') {
      const key = emailKey(email);
      if (seen.has(key)) report({ path: ['email'], title: 'Duplicate', detail: 'Email is already in this batch' });
      seen.add(key);
    }
    return result;
  });
  return { rows: validated, errors };
}

function validateRow(row: unknown, rules: RowRules, report: ReportError): ValidRow {
  const fields: Partial<Record<FieldName, string | null>> = {};
  if (!isRecord(row)) {
    report({ path: [], title: 'Invalid participant', detail: 'A participant must be an object' });
    return { fields, characteristics: {} };
  }
  const otherKeys: string[] = [];
  for (const key of Object.keys(row)) {
    const name = rules.fieldByKey.get(key);
    if (name !== undefined) {
      const value = row[key];
      const detail = fieldError(name, value);
      if (detail !== null) report({ path: [key], title: 'Invalid attribute', detail: `${key} ${detail}` });
      else if (typeof value === 'string') fields[name] = name === 'email' ? value.trim() : value;
      else fields[name] = null;
    } else {
      otherKeys.push(key);
    }
  }
  const characteristics = validateCharacteristics(row, otherKeys, { rules, report });
  validateEmail(row, fields.email, { rules, report });
  return { fields, characteristics };
}

function validateEmail(
  row: Readonly<Record<string, unknown>>,
  email: unknown,
  { rules, report }: ValidationContext,
): void {
  if (typeof email === 'string') {
    const detail = rules.rejectionOf(email);
    if (detail !== null) report({ path: ['email'], title: 'Invalid attribute', detail });
  } else if ((row['email'] ?? null) === null && !rules.allowMissingEmail) {
    report({ path: ['email'], title: 'Missing attribute', detail: 'Email is required' });
  }
}

function fieldError(name: FieldName, value: unknown): string | null {
  if (value === null) return null;
  if (typeof value !== 'string') return 'must be text';
  if (value.length > maxTextLength && Array.from(value).length > maxTextLength) {
    return `is too long (at most ${maxTextLength} characters)`;
  }
  if (unprintablePattern.test(value)) return 'holds characters that are not allowed';
  if (name === 'email') return emailError(value.trim());
  if (name === 'phone_number' && !(phonePattern.test(value) && /\d/.test(value))) return 'is not a phone number';
  return null;
}

function emailError(email: string): string | null {
  if (email.length > maxEmailLength) return `is too long (at most ${maxEmailLength} characters)`;
  return emailPattern.test(email) && email.indexOf('@') <= 64 ? null : 'is not an e-mail address';
}
