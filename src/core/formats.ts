import { createRequire } from 'node:module';
import type { CountryCode } from 'libphonenumber-js/min';
import { createCountryLookup } from './countries.ts';
import isEmail from 'validator/lib/isEmail.js';
import { readPhoneText } from './model/phone.ts';
import type { Formats } from './ports/formats.ts';

const requirePackage = createRequire(import.meta.url);

let findCountry: Formats['countryOf'] | null = null;

/** E-mails and phone numbers, read by the packages that know them best. */
export const formats: Formats = {
  countryOf: (text) => (findCountry ??= createCountryLookup(phoneNumbers().getCountries()))(text),
  isEmail: (text) => isSimpleEmail(text) || isEmail.default(text),
  toE164: (text, defaultCountry) => northAmericanToE164(text, defaultCountry) ?? writtenToE164(text, defaultCountry),
};

/** Whether phone numbers of this country, named by two capital letters, are known. */
export function isPhoneCountry(code: string): boolean {
  return phoneNumbers().isSupportedCountry(code);
}

/**
 * The packages take longer over a row than everything else that is done with it. So the forms that nearly all rows have
 * are recognized here, by patterns that match only what the packages accept; a test compares the two.
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

/** A number in any form; `null` where it does not parse, or where its country is not certain. */
function writtenToE164(raw: string, defaultCountry: string | null): string | null {
  const written = readPhoneText(raw);
  if (written === null) return null;
  const { text, wasNumber } = written;
  // The configuration has checked that the country is one the package knows.
  const country = (defaultCountry ?? undefined) as CountryCode | undefined;
  if (country !== undefined && /^[1-9]\d*$/.test(text)) return digitsToE164(text, country, wasNumber);
  const number = phoneNumbers().parsePhoneNumberFromString(text, country);
  if (number === undefined) return null;
  return (wasNumber ? number.isValid() : number.isPossible()) ? number.number : null;
}

/**
 * Digits alone are a number of the default country without its leading zero, or any number without its plus. Where both
 * are valid numbers, only a mobile number of the default country is certain.
 */
function digitsToE164(digits: string, country: CountryCode, wasNumber: boolean): string | null {
  const parse = detailedParser();
  const national = parse(digits, country);
  const international = parse(`+${digits}`);
  const isNational = national?.isValid() === true;
  const isInternational = international?.isValid() === true;
  if (isNational && (!isInternational || international.number === national.number)) return national.number;
  if (isInternational && international.country === country) {
    const isMobile = international.getType() === 'MOBILE' && national?.getType() !== 'MOBILE';
    return !isNational || isMobile ? international.number : null;
  }
  if (isInternational && !isNational) return null;
  if (wasNumber) return null;
  return national?.isPossible() === true ? national.number : null;
}

/** Both numbers and countries, with which most commands have nothing to do: loaded when the first is asked for. */
let basic: typeof import('libphonenumber-js/min') | null = null;

function phoneNumbers(): typeof import('libphonenumber-js/min') {
  basic ??= requirePackage('libphonenumber-js/min') as typeof import('libphonenumber-js/min');
  return basic;
}

let detailed: typeof import('libphonenumber-js/max') | null = null;

/** With the details of every country, which most runs never need. */
function detailedParser(): (typeof import('libphonenumber-js/max'))['parsePhoneNumberFromString'] {
  detailed ??= requirePackage('libphonenumber-js/max') as typeof import('libphonenumber-js/max');
  return detailed.parsePhoneNumberFromString;
}
