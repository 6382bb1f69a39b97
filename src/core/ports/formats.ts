/** Formats that packages know better than we do. */
export interface Formats {
  isEmail(text: string): boolean;
  /** The two-letter code (ISO 3166-1) of a country, given by its code or its English name; `null` for any other text. */
  countryOf(text: string): string | null;
  /** E.164, or `null` where the text is not a phone number. */
  toE164(text: string, defaultCountry: string | null): string | null;
}
