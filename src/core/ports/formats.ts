/** Formats that packages know better than we do. */
export interface Formats {
  isEmail(text: string): boolean;
  /** E.164, or `null` where the text is not a phone number. */
  toE164(text: string, defaultCountry: string | null): string | null;
}
