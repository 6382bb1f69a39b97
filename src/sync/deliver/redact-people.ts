import { PanelsyncError } from '../../core/errors.ts';
import type { OutboxRow } from '../../core/ports/run/ledger.ts';
import type { Payload } from '../../core/model/terms.ts';
import { redactWords } from './redact-words.ts';

type SentRow = Pick<OutboxRow, 'payload'>;

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

/** The same of the words in an error. */
export function redactError(error: PanelsyncError, rows: readonly SentRow[]): PanelsyncError {
  const message = redactPeople(error.message, rows);
  if (message === error.message) return error;
  const { code, recovery, hint, cause } = error;
  return new PanelsyncError({ code, recovery, message, hint, cause });
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
