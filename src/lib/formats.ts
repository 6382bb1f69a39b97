import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import type { CountryCode } from 'libphonenumber-js/min';
import isEmail from 'validator/lib/isEmail.js';
import type { Formats } from '../core/ports.ts';

/** E-mails and phone numbers as the packages that know them best read them. */
export const formats: Formats = {
  isEmail: (text) => isEmail.default(text),
  phone: (text, defaultCountry) => {
    // The configuration has checked that the country is one the package knows.
    const number = parsePhoneNumberFromString(text, (defaultCountry ?? undefined) as CountryCode | undefined);
    return number?.isPossible() === true ? number.number : null;
  },
};
