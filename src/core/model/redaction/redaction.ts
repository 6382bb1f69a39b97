/** Takes people out of texts: what is left of the Hub's messages in reports, logs and lists that anybody may read. */

import type { Payload } from '../terms.ts';
import { redactWords } from './redact-words.ts';

interface SentRow {
  /** Canonical payload text. */
  readonly payload: string;
}

const emailPattern = /[^\s"'<>]+@[^\s"'<>]+/g;
const digitRunPattern = /\+?\d[\d\s()./-]*\d/g;

/** Of a phone number that is written with or without its country code, these are the same. */
const significantDigits = 7;

/**
 * The Hub's words about rows, fit for reports, logs and the ledger: nothing is left of an e-mail, of the names or of
 * the phone numbers of these rows. Where a name is also a word of the language, the word goes with it.
 */
export function redactPeople(text: string, rows: readonly SentRow[]): string {
  const people = rows.map(({ payload }) => (JSON.parse(payload) as Payload).fields);
  const names = people.flatMap(({ first_name: first, last_name: last }) => [...nameParts(first), ...nameParts(last)]);
  const phoneSuffixes = people.flatMap(({ phone_number: phone }) => phoneSuffix(phone ?? ''));
  const normalized = text.normalize('NFC').replace(emailPattern, '…');
  return redactWords(normalized, names, '…').replace(digitRunPattern, (run) =>
    phoneSuffix(run).some((suffix) => phoneSuffixes.includes(suffix)) ? '…' : run,
  );
}

/** A name and each of its words; single letters say nothing. */
function nameParts(name: string | null | undefined): readonly string[] {
  if (name === null || name === undefined) return [];
  return [name, ...name.split(/[^\p{L}\p{M}\p{N}]/u)].filter((part) => part.length > 1);
}

/** The last digits of a number that is long enough to be a phone's. */
function phoneSuffix(number: string): readonly string[] {
  const digits = number.replaceAll(/\D/g, '');
  return digits.length < significantDigits ? [] : [digits.slice(-significantDigits)];
}

/** Longest reason that is recorded. */
const maxReasonLength = 300;

/**
 * Why rows are refused, in the words that many of them share: a message without people, quoted values and numbers. Quoted
 * names of fields stay.
 */
export function sharedReason(message: string, rows: readonly SentRow[]): string {
  return redactPeople(message, rows)
    .replace(/"[^"]*"|'[^']*'/g, (quoted) => (/^.[a-z][\w.-]*.$/i.test(quoted) ? quoted : '…'))
    .replace(/\d+/g, '…')
    .slice(0, maxReasonLength);
}
