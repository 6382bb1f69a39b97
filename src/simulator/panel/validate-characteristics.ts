import type { CharacteristicType, CharacteristicValue } from '../../core/model/terms.ts';
import { isRecord } from './row-rules.ts';
import type { Refuse, Rules } from './row-rules.ts';

type Characteristics = Readonly<Record<string, CharacteristicValue>>;

const datePattern = /^\d{4}-\d{2}-\d{2}$/;

interface TypeRule {
  readonly wanted: string;
  readonly fits: (value: string | number | boolean) => boolean;
}

const typeRules: Readonly<Record<CharacteristicType | 'any', TypeRule>> = {
  any: { wanted: 'text, a number or true/false', fits: () => true },
  text: { wanted: 'text', fits: (value) => typeof value === 'string' },
  number: { wanted: 'a number', fits: (value) => typeof value === 'number' },
  boolean: { wanted: 'true or false', fits: (value) => typeof value === 'boolean' },
  date: { wanted: 'a date (YYYY-MM-DD)', fits: (value) => typeof value === 'string' && isDate(value) },
};

/** The characteristics of a row that are known and of their type; all others are refused, or dropped. */
export function checkCharacteristics(value: unknown, rules: Rules, refuse: Refuse): Characteristics {
  if (!isRecord(value)) {
    const detail = 'characteristics must be an object keyed by slug';
    refuse({ path: ['characteristics'], title: 'Invalid attribute', detail });
    return {};
  }
  const known: [string, CharacteristicValue][] = [];
  for (const [slug, entry] of Object.entries(value)) {
    const type = rules.typeOf === null ? 'any' : rules.typeOf.get(slug);
    const path = ['characteristics', slug];
    if (type === undefined) {
      const detail = `${slug.slice(0, 100)} is not a characteristic of this panel`;
      if (!rules.dropUnknown) refuse({ path, title: 'Unknown characteristic', detail });
    } else if (isScalar(entry) && (entry === null || typeRules[type].fits(entry))) {
      known.push([slug, entry]);
    } else {
      const { wanted } = typeRules[type];
      refuse({ path, title: 'Invalid characteristic', detail: `${slug.slice(0, 100)} must be ${wanted}` });
    }
  }
  return Object.fromEntries(known);
}

function isScalar(value: unknown): value is CharacteristicValue {
  if (typeof value === 'number') return Number.isFinite(value);
  return value === null || typeof value === 'string' || typeof value === 'boolean';
}

/** A day that the calendar has: no 30th of February. */
function isDate(text: string): boolean {
  if (!datePattern.test(text)) return false;
  const month = Number(text.slice(5, 7)) - 1;
  const day = Number(text.slice(8));
  // A day or month too many moves the date on, so it shows in the other parts.
  const date = new Date(Date.UTC(Number(text.slice(0, 4)), month, day));
  return date.getUTCMonth() === month && date.getUTCDate() === day;
}
