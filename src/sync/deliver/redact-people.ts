import { PanelsyncError } from '../../core/errors.ts';
import type { OutboxRow } from '../../core/ports/run-store.ts';
import type { Payload } from '../../core/model/terms.ts';

type Sent = Pick<OutboxRow, 'payload'>;

const email = /[^\s"'<>]+@[^\s"'<>]+/g;
const digitRun = /\+?\d[\d\s()./-]*\d/g;

/** Of a phone number that is written with or without its country code, these are the same. */
const tellingDigits = 7;

/**
 * The Hub's words about rows, fit for reports, logs and the ledger: nothing is left of an e-mail, of the names or of
 * the phone numbers of these rows. Where a name is also a word of the language, the word goes with it.
 */
export function withoutPeople(words: string, rows: readonly Sent[]): string {
  const people = rows.map(({ payload }) => (JSON.parse(payload) as Payload).fields);
  const names = people.flatMap(({ first_name: first, last_name: last }) => [...partsOf(first), ...partsOf(last)]);
  const phones = people.flatMap(({ phone_number: phone }) => endOf(phone ?? ''));
  const plain = words.normalize('NFC').replace(email, '…');
  return withoutNames(plain, names).replace(digitRun, (run) =>
    endOf(run).some((end) => phones.includes(end)) ? '…' : run,
  );
}

/** The same of the words in an error. */
export function errorWithoutPeople(error: PanelsyncError, rows: readonly Sent[]): PanelsyncError {
  const message = withoutPeople(error.message, rows);
  if (message === error.message) return error;
  const { code, recovery, hint, cause } = error;
  return new PanelsyncError({ code, recovery, message, hint, cause });
}

/** A name and each of its words; single letters say nothing. */
function partsOf(name: string | null | undefined): readonly string[] {
  if (name === null || name === undefined) return [];
  return [name, ...name.split(/[^\p{L}\p{M}\p{N}]/u)].filter((part) => part.length > 1);
}

function withoutNames(words: string, names: readonly string[]): string {
  if (names.length === 0) return words;
  // The longest first, so that a whole name goes before one of its words.
  const longestFirst = [...new Set(names)].toSorted((a, b) => b.length - a.length);
  const any = longestFirst.map((name) => name.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
  return words.replace(new RegExp(`(?<![\\p{L}\\p{N}])(?:${any})(?![\\p{L}\\p{N}])`, 'giu'), '…');
}

/** The last digits of a number that is long enough to be a phone's. */
function endOf(number: string): readonly string[] {
  const digits = number.replaceAll(/\D/g, '');
  return digits.length < tellingDigits ? [] : [digits.slice(-tellingDigits)];
}
