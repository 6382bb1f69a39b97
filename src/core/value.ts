import type { CharacteristicType, CharacteristicValue, ColumnKind } from './types.ts';

/**
 * Values of a source in their canonical form. The same person must look the same whatever database, session setting
 * or numeric scale the value came through; otherwise people are sent again without need.
 */

export type Converted = { readonly value: CharacteristicValue } | { readonly code: string; readonly message: string };

type Text = { readonly value: string | null } | { readonly code: string; readonly message: string };

const isoDate = /^(\d{4})-(\d{2})-(\d{2})$/;
const timestamp = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}(?::\d{2})?)(?:\.(\d+))?(Z|[+-]\d{2}(?::?\d{2})?)?$/;
const decimal = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

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
    return fault('unsupported_type', `a ${kindName(kind)} value cannot be sent as ${type}; cast it in the model`);
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

/** Canonical text of a value; see README, "How values become text". */
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
  const digits = (parts?.[2] ?? '') + (parts?.[3] ?? '');
  if (parts === null || digits === '') return fault('not_finite', 'the number is not finite');
  const exponent = Number(parts[4] ?? '0');
  const point = (parts[2] ?? '').length + exponent;
  const padded = point <= 0 ? '0'.repeat(1 - point) + digits : digits.padEnd(point, '0');
  const at = Math.max(point, 1);
  const whole = padded.slice(0, at).replace(/^0+(?=\d)/, '');
  const fraction = padded.slice(at).replace(/0+$/, '');
  const number = fraction === '' ? whole : `${whole}.${fraction}`;
  return { value: parts[1] === '-' && number !== '0' ? `-${number}` : number };
}

/** ISO 8601 with `T`; an instant is told in UTC, with `Z`. Seconds' fraction without needless zeros. */
function timestampForm(raw: string, kind: 'timestamp' | 'timestamptz'): Text {
  const parts = timestamp.exec(raw);
  if (parts === null || !isCalendarDate(parts[1] ?? '')) return outOfRange();
  const time = `${parts[1]}T${parts[2]}`;
  const digits = (parts[3] ?? '').replace(/0+$/, '');
  const fraction = digits === '' ? '' : `.${digits}`;
  if (kind === 'timestamp') return { value: time + fraction };
  const utc = inUtc(time, parts[4] ?? 'Z');
  return utc === null ? outOfRange() : { value: `${utc}${fraction}Z` };
}

/** The same instant at offset zero, to the second; `null` beyond the calendar. */
function inUtc(time: string, offset: string): string | null {
  const [sign, hours, minutes] = [offset.slice(0, 1), Number(offset.slice(1, 3)), Number(offset.slice(-2))];
  if (offset === 'Z' || hours + minutes === 0) return time;
  const shift = hours * 60 + (offset.length > 3 ? minutes : 0);
  const instant = new Date(Date.parse(`${time}Z`) + (sign === '-' ? shift : -shift) * 60_000);
  const text = Number.isNaN(instant.getTime()) ? '' : instant.toISOString();
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
  const parts = isoDate.exec(text);
  if (parts === null || parts[1] === '0000') return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function outOfRange(): { readonly code: string; readonly message: string } {
  return fault('date_out_of_range', 'the date is infinite, before the year 1 or after the year 9999');
}

function fault(code: string, message: string): { readonly code: string; readonly message: string } {
  return { code, message };
}

function kindName(kind: ColumnKind): string {
  switch (kind) {
    case 'json':
      return 'JSON';
    case 'binary':
      return 'binary';
    case 'boolean':
      return 'true/false';
    case 'text':
    case 'number':
    case 'date':
    case 'timestamp':
    case 'timestamptz':
    case 'time':
      return kind;
    case 'other':
      return 'compound';
  }
}
