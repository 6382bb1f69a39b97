import type { CharacteristicType, CharacteristicValue, ColumnKind } from './terms.ts';

/**
 * Values of a source in their canonical form. The same person must look the same whatever database, session setting
 * or numeric scale the value came through; otherwise people are sent again without need.
 */

export type Converted = { readonly value: CharacteristicValue } | { readonly code: string; readonly message: string };

type Text = { readonly value: string | null } | { readonly code: string; readonly message: string };

/** Years 0001 to 9999; ISO 8601 writes all others with a sign and six digits. */
const fourDigitYear = /^(?!0000)\d{4}-/;
const timestamp = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}(?::\d{2})?)(?:\.(\d+))?(Z|[+-]\d{2}(?::?\d{2})?)?$/;
const decimal = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/** The type a characteristic has when the mapping names none. */
export function typeOfKind(kind: ColumnKind): CharacteristicType {
  switch (kind) {
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return 'date';
    case 'text':
    case 'time':
    case 'json':
    case 'binary':
    case 'other':
      return 'text';
  }
}

/** Whether values of this kind can ever fill a characteristic (or, as text, a field) of this type. */
export function isConvertible(kind: ColumnKind, type: CharacteristicType): boolean {
  switch (kind) {
    case 'json':
    case 'binary':
    case 'other':
      return false;
    case 'text':
      return true;
    case 'number':
      return type !== 'date';
    case 'boolean':
      return type === 'boolean' || type === 'text';
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return type === 'date' || type === 'text';
    case 'time':
      return type === 'text';
  }
}

/** A raw value of a column as a value of the given type. Blank text is null. */
export function convert(raw: string | null, kind: ColumnKind, type: CharacteristicType): Converted {
  if (raw === null) return { value: null };
  if (!isConvertible(kind, type)) {
    return fault('unsupported_type', `${valueName(kind)} cannot be sent as ${type}; cast it in the model`);
  }
  const text = textForm(raw, kind);
  if ('code' in text || text.value === null) return text;
  switch (type) {
    case 'text':
      return text;
    case 'number':
      return numberOf(text.value);
    case 'boolean':
      return booleanOf(text.value);
    case 'date':
      return dateOf(text.value);
  }
}

/** Canonical text of a value; see docs/configuration.md, "How values become text". */
function textForm(raw: string, kind: ColumnKind): Text {
  switch (kind) {
    case 'number':
      return decimalForm(raw);
    case 'boolean':
      return { value: raw === 't' ? 'true' : raw === 'f' ? 'false' : raw };
    case 'date':
      return isCalendarDate(raw) ? { value: raw } : outOfRange();
    case 'timestamp':
    case 'timestamptz':
      return timestampForm(raw, kind);
    case 'text':
    case 'time':
    case 'json':
    case 'binary':
    case 'other': {
      const text = raw.trim().normalize('NFC');
      return { value: text === '' ? null : text };
    }
  }
}

/** A number without exponent, leading plus or needless zeros: 1.50 ► 1.5, 1e3 ► 1000; every digit is kept. */
function decimalForm(raw: string): Text {
  const parts = decimal.exec(raw.trim());
  if (parts === null) return fault('not_finite', 'the number is not finite');
  const [, sign, before = '', after = '', exponent = ''] = parts;
  const digits = before + after;
  const point = before.length + Number(exponent);
  const padded = point <= 0 ? '0'.repeat(1 - point) + digits : digits.padEnd(point, '0');
  const at = Math.max(point, 1);
  const whole = padded.slice(0, at).replace(/^0+(?=\d)/, '');
  const fraction = padded.slice(at).replace(/0+$/, '');
  const number = fraction === '' ? whole : `${whole}.${fraction}`;
  return { value: sign === '-' && number !== '0' ? `-${number}` : number };
}

/** ISO 8601 with `T`; an instant is told in UTC, with `Z`. Seconds' fraction without needless zeros. */
function timestampForm(raw: string, kind: 'timestamp' | 'timestamptz'): Text {
  const parts = timestamp.exec(raw);
  const day = raw.slice(0, 10);
  if (parts === null || !isCalendarDate(day)) return outOfRange();
  const time = `${day}T${parts[2]}`;
  const digits = (parts[3] ?? '').replace(/0+$/, '');
  const fraction = digits === '' ? '' : `.${digits}`;
  if (kind === 'timestamp') return { value: time + fraction };
  const utc = inUtc(time, parts[4] ?? '');
  return utc === null ? outOfRange() : { value: `${utc}${fraction}Z` };
}

/** The same instant at offset zero, to the second; `null` beyond the calendar. An offset is as `+05:45`, `-0930`, `+01`, `Z`. */
function inUtc(time: string, offset: string): string | null {
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3).replace(':', ''));
  const instant = new Date(Date.parse(`${time}Z`) + (offset.startsWith('-') ? minutes : -minutes) * 60_000);
  if (Number.isNaN(instant.getTime())) return null;
  const text = instant.toISOString();
  return isCalendarDate(text.slice(0, 10)) ? text.slice(0, 19) : null;
}

/** JSON numbers are doubles to most receivers: whole numbers that a double cannot hold are refused, never rounded. */
function numberOf(text: string): Converted {
  const canonical = decimalForm(text);
  if ('code' in canonical) return fault('not_a_number', 'the value is not a number');
  const value = Number(canonical.value);
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    return fault('number_too_large', 'the number has more digits than JSON keeps; give the characteristic type text');
  }
  return { value };
}

const truths = ['true', 't', 'yes', 'y', '1'];
const untruths = ['false', 'f', 'no', 'n', '0'];

function booleanOf(text: string): Converted {
  const word = text.toLowerCase();
  if (truths.includes(word)) return { value: true };
  return untruths.includes(word) ? { value: false } : fault('not_true_or_false', 'the value is neither true nor false');
}

function dateOf(text: string): Converted {
  const day = timestamp.exec(text)?.[1] ?? text;
  return isCalendarDate(day) ? { value: day } : fault('not_a_date', 'the value is not a date as YYYY-MM-DD');
}

function isCalendarDate(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return fourDigitYear.test(text) && !Number.isNaN(date.getTime()) && date.toISOString() === `${text}T00:00:00.000Z`;
}

function outOfRange(): { readonly code: string; readonly message: string } {
  return fault('date_out_of_range', 'the date is infinite, before the year 1 or after the year 9999');
}

function fault(code: string, message: string): { readonly code: string; readonly message: string } {
  return { code, message };
}

function valueName(kind: ColumnKind): string {
  switch (kind) {
    case 'json':
      return 'a JSON value';
    case 'boolean':
      return 'a true/false value';
    case 'text':
    case 'number':
    case 'date':
    case 'timestamp':
    case 'timestamptz':
    case 'time':
    case 'binary':
      return `a ${kind} value`;
    case 'other':
      return 'a value of this type';
  }
}
