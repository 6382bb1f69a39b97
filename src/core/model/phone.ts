/**
 * Phone numbers that went through a number: a spreadsheet, a float column, an export. Such a number has lost its plus
 * and its leading zeros, has gained a decimal point, or has lost its last digits to an exponent. Pure.
 */

/** A phone number as text; `wasNumber`: it was read out of a number, so what is missing in front of it is unknown. */
export interface PhoneText {
  readonly text: string;
  readonly wasNumber: boolean;
}

const exponentPattern = /^(\+?)(\d)(?:[.,](\d*))?e\+?(\d{1,2})$/i;
const decimalPattern = /^(\+?[1-9]\d{4,})[.,](0+|\d{1,2})$/;
const groupedDecimalPattern = /^([1-9]\d{0,2}(?:,\d{3})+\.\d+|[1-9]\d{0,2}(?:\.\d{3})+,\d+)$/;

/** Decimal points in numbers that begin with a zero, and minus signs, belong to no number that can be read. */
const unreadablePattern = /^(?:-\s*\d+(?:[.,]\d+)?|0\d{4,}[.,]\d{1,2}|nan|#+|#\w+[!?/].*)$/i;

/** The number as it was written, or `null` where digits are lost or a digit may be a decimal. */
export function readPhoneText(raw: string): PhoneText | null {
  const text = withoutTextMarkers(raw);
  if (unreadablePattern.test(text)) return null;
  const exponent = exponentPattern.exec(text);
  if (exponent !== null) return fromExponent(exponent);
  const decimal = decimalPattern.exec(text);
  if (decimal !== null) return fromDecimal(decimal[1] ?? '', decimal[2] ?? '');
  if (groupedDecimalPattern.test(text)) {
    const at = Math.max(text.lastIndexOf('.'), text.lastIndexOf(','));
    return fromDecimal(text.slice(0, at).replaceAll(/[.,]/g, ''), text.slice(at + 1));
  }
  return { text, wasNumber: false };
}

/** 4.915112345678E+12 has all its digits; 4.915E+12 has lost nine of them. */
function fromExponent([, plus = '', first = '', rest = '', exponent = '']: RegExpExecArray): PhoneText | null {
  const digits = first + rest;
  const length = Number(exponent) + 1;
  if (digits.length < length) return null;
  return fromDecimal(plus + digits.slice(0, length), digits.slice(length));
}

function fromDecimal(whole: string, fraction: string): PhoneText | null {
  return /^0*$/.test(fraction) ? { text: whole, wasNumber: true } : null;
}

/** What spreadsheets and their exports put before and around a text to keep it one: `'+49…` and `="+49…"`. */
export function withoutTextMarkers(raw: string): string {
  const text = raw.trim();
  const formula = /^="(.*)"$/s.exec(text);
  return (formula?.[1]?.replaceAll('""', '"') ?? text).replace(/^['‘’‛ʼ`´]+/, '').trim();
}
