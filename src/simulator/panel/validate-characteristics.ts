import type { CharacteristicType, CharacteristicValue } from '../../core/model/terms.ts';
import { isRecord } from './row-rules.ts';
import type { ReportError, RowRules } from './row-rules.ts';

type Characteristics = Readonly<Record<string, CharacteristicValue>>;

const datePattern = /^\d{4}-\d{2}-\d{2}$/;

interface TypeRule {
  readonly expected: string;
  readonly accepts: (value: string | number | boolean) => boolean;
}

const typeRules: Readonly<Record<CharacteristicType | 'any', TypeRule>> = {
  any: { expected: 'text, a number or true/false', accepts: () => true },
  text: { expected: 'text', accepts: (value) => typeof value === 'string' },
  number: { expected: 'a number', accepts: (value) => typeof value === 'number' },
  boolean: { expected: 'true or false', accepts: (value) => typeof value === 'boolean' },
  date: { expected: 'a date (YYYY-MM-DD)', accepts: (value) => typeof value === 'string' && isDate(value) },
};

/** The known characteristics of a row with valid values; all others are refused, or dropped. */
export function validateCharacteristics(value: unknown, rules: RowRules, report: ReportError): Characteristics {
  if (!isRecord(value)) {
    const detail = 'characteristics must be an object keyed by slug';
    report({ path: ['characteristics'], title: 'Invalid attribute', detail });
    return {};
  }
  const accepted: [string, CharacteristicValue][] = [];
  for (const [slug, entry] of Object.entries(value)) {
    const type = rules.typeBySlug === null ? 'any' : rules.typeBySlug.get(slug);
    const path = ['characteristics', slug];
    if (type === undefined) {
      const detail = `${slug.slice(0, 100)} is not a characteristic of this panel`;
      if (!rules.dropUnknown) report({ path, title: 'Unknown characteristic', detail });
    } else if (isScalar(entry) && (entry === null || typeRules[type].accepts(entry))) {
      accepted.push([slug, entry]);
    } else {
      const { expected } = typeRules[type];
      report({ path, title: 'Invalid characteristic', detail: `${slug.slice(0, 100)} must be ${expected}` });
    }
  }
  return Object.fromEntries(accepted);
}

function isScalar(value: unknown): value is CharacteristicValue {
  if (typeof value === 'number') return Number.isFinite(value);
  return value === null || typeof value === 'string' || typeof value === 'boolean';
}

/** A day of the calendar: no 30th of February. */
function isDate(text: string): boolean {
  if (!datePattern.test(text)) return false;
  const month = Number(text.slice(5, 7)) - 1;
  const day = Number(text.slice(8));
  // An overflowing day or month changes the other parts of the date.
  const date = new Date(Date.UTC(Number(text.slice(0, 4)), month, day));
  return date.getUTCMonth() === month && date.getUTCDate() === day;
}
