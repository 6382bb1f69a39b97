import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import type { CountryCode } from 'libphonenumber-js/min';
import isEmail from 'validator/lib/isEmail.js';
import type { Formats } from './ports/formats.ts';

/** E-mails and phone numbers as the packages that know them best read them. */
export const formats: Formats = {
  isEmail: (text) => isSimpleEmail(text) || isEmail.default(text),
  toE164: (text, defaultCountry) =>
    northAmericanToE164(text, defaultCountry) ?? internationalToE164(text, defaultCountry),
};

/**
 * The packages take longer over a row than everything else that is done with it. So the forms that nearly all rows have
 * are known here, in patterns that say yes only where the packages would; the test of them compares.
 */
const simpleEmail = /^[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i;
const northAmericanNumber = /^(\+1[ .-]?)?(?:\(([2-9]\d\d)\)[ -]?|([2-9]\d\d)[ .-]?)(\d{3})[ .-]?(\d{4})$/;

/** In octets, which in these patterns are characters. */
const maxLocalPartLength = 64;
const maxEmailLength = 254;

function isSimpleEmail(text: string): boolean {
  return text.length <= maxEmailLength && text.indexOf('@') <= maxLocalPartLength && simpleEmail.test(text);
}

/** E.164 of a number of the North American plan; `null` where the package has to look. */
function northAmericanToE164(text: string, defaultCountry: string | null): string | null {
  const parts = northAmericanNumber.exec(text);
  if (parts === null) return null;
  const [, prefix, inBrackets, bare, exchange, line] = parts;
  if (prefix === undefined && defaultCountry !== 'US' && defaultCountry !== 'CA') return null;
  return `+1${inBrackets ?? bare ?? ''}${exchange ?? ''}${line ?? ''}`;
}

function internationalToE164(text: string, defaultCountry: string | null): string | null {
  // The configuration has checked that the country is one the package knows.
  const number = parsePhoneNumberFromString(text, (defaultCountry ?? undefined) as CountryCode | undefined);
  return number?.isPossible() === true ? number.number : null;
}
