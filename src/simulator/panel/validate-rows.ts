import type { CharacteristicValue, FieldName } from '../../core/model/terms.ts';
import { checkCharacteristics } from './validate-characteristics.ts';
import { emailKey } from './panel.ts';
import { isRecord } from './row-rules.ts';
import type { Refuse, RowFault, Rules } from './row-rules.ts';

/** A row that passed, with the Hub's own field names. */
export interface CheckedRow {
  readonly fields: Readonly<Partial<Record<FieldName, string | null>>>;
  readonly characteristics: Readonly<Record<string, CharacteristicValue>>;
}

export interface CheckedRows {
  readonly rows: readonly CheckedRow[];
  readonly faults: readonly RowFault[];
}

const maxTextLength = 255;
const maxEmailLength = 254;
// Control characters, and halves of surrogate pairs, which no database takes.
const unprintable = /[\p{Cc}\p{Cs}]/u;
const emailPattern = /^[^\s@.()<>[\]\\,;:"]+(?:\.[^\s@.()<>[\]\\,;:"]+)*@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+$/u;
const phonePattern = /^[\d+ ().-]{5,32}$/;

/** Checks every row of a batch and collects all that is wrong. */
export function checkRows(rows: readonly unknown[], rules: Rules): CheckedRows {
  const faults: RowFault[] = [];
  const seen = new Set<string>();
  const checked = rows.map((row, index) => {
    const refuse: Refuse = (fault) => faults.push({ row: index, ...fault });
    const result = checkRow(row, rules, refuse);
    const { email } = result.fields;
    if (typeof email === 'string') {
      const key = emailKey(email);
      if (seen.has(key)) refuse({ path: ['email'], title: 'Duplicate', detail: 'Email is already in this batch' });
      seen.add(key);
    }
    return result;
  });
  return { rows: checked, faults };
}

function checkRow(row: unknown, rules: Rules, refuse: Refuse): CheckedRow {
  const fields: Partial<Record<FieldName, string | null>> = {};
  let characteristics: CheckedRow['characteristics'] = {};
  if (!isRecord(row)) {
    refuse({ path: [], title: 'Invalid participant', detail: 'A participant must be an object' });
    return { fields, characteristics };
  }
  for (const key of Object.keys(row)) {
    const name = rules.fieldOf.get(key);
    if (name !== undefined) {
      const value = row[key];
      const detail = fieldFault(name, value);
      if (detail !== null) refuse({ path: [key], title: 'Invalid attribute', detail: `${key} ${detail}` });
      else if (typeof value === 'string') fields[name] = name === 'email' ? value.trim() : value;
      else fields[name] = null;
    } else if (key === 'characteristics') {
      characteristics = checkCharacteristics(row[key], rules, refuse);
    } else if (!rules.dropUnknown) {
      refuse({ path: [key], title: 'Unknown attribute', detail: `${key.slice(0, 100)} is not an attribute` });
    }
  }
  checkEmail(row, fields.email, { rules, refuse });
  return { fields, characteristics };
}

interface Checks {
  readonly rules: Rules;
  readonly refuse: Refuse;
}

function checkEmail(row: Readonly<Record<string, unknown>>, email: unknown, { rules, refuse }: Checks): void {
  if (typeof email === 'string') {
    const detail = rules.poisonOf(email);
    if (detail !== null) refuse({ path: ['email'], title: 'Invalid attribute', detail });
  } else if ((row['email'] ?? null) === null && !rules.allowMissingEmail) {
    refuse({ path: ['email'], title: 'Missing attribute', detail: 'Email is required' });
  }
}

function fieldFault(name: FieldName, value: unknown): string | null {
  if (value === null) return null;
  if (typeof value !== 'string') return 'must be text';
  if (value.length > maxTextLength && Array.from(value).length > maxTextLength) {
    return `is too long (at most ${maxTextLength} characters)`;
  }
  if (unprintable.test(value)) return 'holds characters that are not allowed';
  if (name === 'email') return emailFault(value.trim());
  if (name === 'phone_number' && !(phonePattern.test(value) && /\d/.test(value))) return 'is not a phone number';
  return null;
}

function emailFault(email: string): string | null {
  if (email.length > maxEmailLength) return `is too long (at most ${maxEmailLength} characters)`;
  return emailPattern.test(email) && email.indexOf('@') <= 64 ? null : 'is not an e-mail address';
}
