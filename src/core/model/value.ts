import { withoutTextMarkers } from './phone.ts';
import type { CharacteristicType, CharacteristicValue, ColumnKind } from './terms.ts';

/**
 * Values of a source in their canonical form. The same person must look the same whatever database, session setting
 * or numeric scale the value came through; otherwise people are sent again without need.
 */

export type Conversion = { readonly value: CharacteristicValue } | { readonly code: string; readonly message: string };

type TextConversion = { readonly value: string | null } | { readonly code: string; readonly message: string };

/** Years 0001 to 9999; ISO 8601 writes all others with a sign and six digits. */
const fourDigitYearPattern = /^(?!0000)\d{4}-/;
const timestampPattern =
  /^(\d{4}-\d{2}-\d{2})[ T]((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?)(?:\.(\d+))?(Z|[+-]\d{2}(?::?\d{2})?)?$/;
const decimalPattern = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/** The type a characteristic has when the mapping names none. */
export function defaultTypeFor(kind: ColumnKind): CharacteristicType {
  switch (kind) {
    case 'number':
    case 'float':
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
    case 'float':
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
export function convert(raw: string | null, kind: ColumnKind, type: CharacteristicType): Conversion {
  if (raw === null) return { value: null };
  if (!isConvertible(kind, type)) {
    return conversionError('unsupported_type', `${describeKind(kind)} cannot be sent as ${type}; cast it in the model`);
  }
  const text = toText(raw, kind);
  if ('code' in text || text.value === null) return text;
  // A text may begin with an apostrophe ('s-Hertogenbosch); a number, a truth or a date never does.
  if (kind === 'text' && type !== 'text') return fromText(withoutTextMarkers(text.value), type);
  return fromText(text.value, type);
}

function fromText(text: string, type: CharacteristicType): Conversion {
  switch (type) {
    case 'text':
      return { value: text };
    case 'number':
      return toNumber(text);
    case 'boolean':
      return toBoolean(text);
    case 'date':
      return toDate(text);
  }
}

/** Canonical text of a value; see docs/configuration.md, "How values become text". */
function toText(raw: string, kind: ColumnKind): TextConversion {
  switch (kind) {
    case 'number':
      return toDecimalText(raw);
    case 'float':
      return toFloatText(raw);
    case 'boolean':
      return { value: raw === 't' ? 'true' : raw === 'f' ? 'false' : raw };
    case 'date':
      return isCalendarDate(raw) ? { value: raw } : outOfRangeError();
    case 'timestamp':
    case 'timestamptz':
      return toTimestampText(raw, kind);
    case 'text':
    case 'time':
    case 'json':
    case 'binary':
    case 'other':
      return toPlainText(raw);
  }
}

/** What a spreadsheet shows instead of a result, and what stands in a cell that is too narrow. */
const spreadsheetError = /^#(?:N\/A|REF!|VALUE!|DIV\/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|#+)$/i;

/** Printable ASCII from its first to its last character is in its form already, and most values are. */
const plainText = /^[!-"$-~](?:[ -~]*[!-~])?$/;

function toPlainText(raw: string): TextConversion {
  if (plainText.test(raw)) return { value: raw };
  const text = raw.trim().normalize('NFC');
  if (text.startsWith('#') && spreadsheetError.test(text)) {
    return conversionError('spreadsheet_error', 'the value is an error of a spreadsheet formula, such as #N/A');
  }
  return { value: /^[\s\u200b\u2060]*$/.test(text) ? null : text };
}

/** A number without exponent, leading plus or needless zeros: 1.50 ► 1.5, 1e3 ► 1000; every digit is kept. */
function toDecimalText(raw: string): TextConversion {
  const parts = decimalPattern.exec(raw.trim());
  if (parts === null) return conversionError('not_finite', 'the number is not finite');
  const [, sign, before = '', after = '', exponent = ''] = parts;
  const digits = before + after;
  const decimalPoint = before.length + Number(exponent);
  const padded = decimalPoint <= 0 ? '0'.repeat(1 - decimalPoint) + digits : digits.padEnd(decimalPoint, '0');
  const integerLength = Math.max(decimalPoint, 1);
  const integerDigits = padded.slice(0, integerLength).replace(/^0+(?=\d)/, '');
  const fraction = padded.slice(integerLength).replace(/0+$/, '');
  const number = fraction === '' ? integerDigits : `${integerDigits}.${fraction}`;
  return { value: sign === '-' && number !== '0' ? `-${number}` : number };
}

/** Significant digits of a float that are the same in every run. */
const floatDigits = 15;

/** A float this close to a number of 12 digits is that number. */
const shortFloatDigits = 12;
const shortFloatTolerance = 2e-14;

/**
 * A float to 15 significant digits: a parallel sum or average adds its parts in another order each time, and varies in
 * the digits after them. Whole numbers stay exact.
 */
function toFloatText(raw: string): TextConversion {
  const exact = toDecimalText(raw);
  if ('code' in exact) return exact;
  const value = Number(raw);
  if (Number.isSafeInteger(value)) return toDecimalText(String(value));
  // The error of many additions reaches the 15th digit; a number that was meant to end sooner is recognized all the same.
  const short = value.toPrecision(shortFloatDigits);
  const isShort = Math.abs(value - Number(short)) <= Math.abs(value) * shortFloatTolerance;
  return toDecimalText(isShort ? short : value.toPrecision(floatDigits));
}

/** ISO 8601 with `T`; an instant is in UTC, with `Z`. Fractions of a second have no trailing zeros. */
function toTimestampText(raw: string, kind: 'timestamp' | 'timestamptz'): TextConversion {
  const parts = timestampPattern.exec(raw);
  const day = raw.slice(0, 10);
  if (parts === null || !isCalendarDate(day)) return outOfRangeError();
  const time = `${day}T${parts[2]}`;
  const digits = (parts[3] ?? '').replace(/0+$/, '');
  const fraction = digits === '' ? '' : `.${digits}`;
  if (kind === 'timestamp') return { value: time + fraction };
  const utc = toUtc(time, parts[4] ?? '');
  return utc === null ? outOfRangeError() : { value: `${utc}${fraction}Z` };
}

/** The same instant at offset zero, to the second; `null` beyond the calendar. An offset is as `+05:45`, `-0930`, `+01`, `Z`. */
function toUtc(time: string, offset: string): string | null {
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3).replace(':', ''));
  const instant = new Date(Date.parse(`${time}Z`) + (offset.startsWith('-') ? minutes : -minutes) * 60_000);
  if (Number.isNaN(instant.getTime())) return null;
  const text = instant.toISOString();
  return isCalendarDate(text.slice(0, 10)) ? text.slice(0, 19) : null;
}

/** JSON numbers are doubles to most receivers: whole numbers that a double cannot hold are refused, never rounded. */
function toNumber(text: string): Conversion {
  const canonical = toDecimalText(text);
  if ('code' in canonical) return conversionError('not_a_number', 'the value is not a number');
  const value = Number(canonical.value);
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    return conversionError(
      'number_too_large',
      'the number has more digits than JSON keeps; give the characteristic type text',
    );
  }
  return { value };
}

/** Airtable writes a ticked box as `checked`, and nothing for one that is not. */
const trueWords = ['true', 't', 'yes', 'y', '1', 'checked'];
const falseWords = ['false', 'f', 'no', 'n', '0', 'unchecked'];

function toBoolean(text: string): Conversion {
  // A column of truths with gaps leaves some exports as 1.0 and 0.0.
  const word = text.toLowerCase().replace(/^([01])[.,]0+$/, '$1');
  if (trueWords.includes(word)) return { value: true };
  return falseWords.includes(word)
    ? { value: false }
    : conversionError('not_true_or_false', 'the value is neither true nor false');
}

function toDate(text: string): Conversion {
  const day = timestampPattern.exec(text)?.[1] ?? text;
  return isCalendarDate(day) ? { value: day } : conversionError('not_a_date', 'the value is not a date as YYYY-MM-DD');
}

function isCalendarDate(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return (
    fourDigitYearPattern.test(text) && !Number.isNaN(date.getTime()) && date.toISOString() === `${text}T00:00:00.000Z`
  );
}

function outOfRangeError(): { readonly code: string; readonly message: string } {
  return conversionError('date_out_of_range', 'the date is infinite, before the year 1 or after the year 9999');
}

function conversionError(code: string, message: string): { readonly code: string; readonly message: string } {
  return { code, message };
}

function describeKind(kind: ColumnKind): string {
  switch (kind) {
    case 'json':
      return 'a JSON value';
    case 'boolean':
      return 'a true/false value';
    case 'float':
      return 'a number';
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
