import { fieldNames } from '../../core/model/terms.ts';
import type { CharacteristicType, CharacteristicValue } from '../../core/model/terms.ts';
import { isRecord, toCamelCase } from './row-rules.ts';
import type { RowRules, ValidationContext } from './row-rules.ts';

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

/** A characteristic as a row has it, and where. */
interface SentCharacteristic {
  readonly slug: string;
  readonly value: unknown;
  readonly path: readonly string[];
}

/**
 * The known characteristics of a row with valid values; all others are refused, or dropped. `otherKeys` of the row are
 * no built-in fields.
 */
export function validateCharacteristics(
  row: Readonly<Record<string, unknown>>,
  otherKeys: readonly string[],
  context: ValidationContext,
): Characteristics {
  const { rules, report } = context;
  const isFlat = rules.characteristicsForm === 'flat';
  for (const key of otherKeys) {
    // Where every slug is known, this one would make any format look right.
    if (rules.dropUnknown || (isFlat ? isFlatSlug(key, rules) : key === 'characteristics')) continue;
    report({ path: [key], title: 'Unknown attribute', detail: `${key.slice(0, 100)} is not an attribute` });
  }
  if (isFlat) {
    const flat = otherKeys.filter((key) => isFlatSlug(key, rules));
    return accept(
      flat.map((slug) => ({ slug, value: row[slug], path: [slug] })),
      context,
    );
  }
  if (!otherKeys.includes('characteristics')) return {};
  const value = row['characteristics'];
  const sent = rules.characteristicsForm === 'list' ? listedCharacteristics(value) : nestedCharacteristics(value);
  if (sent !== null) return accept(sent, context);
  const form = rules.characteristicsForm === 'list' ? 'a list of {"slug", "value"}' : 'an object keyed by slug';
  const detail = `characteristics must be ${form}`;
  const isDropped = rules.dropUnknown && typeof value === 'object';
  if (!isDropped) report({ path: ['characteristics'], title: 'Invalid attribute', detail });
  return {};
}

const fieldKeys: ReadonlySet<string> = new Set(fieldNames.flatMap((name) => [name, toCamelCase(name)]));

/** A field in the wrong case, or an object of characteristics, is no characteristic. */
function isFlatSlug(key: string, { typeBySlug }: RowRules): boolean {
  return typeBySlug === null ? key !== 'characteristics' && !fieldKeys.has(key) : typeBySlug.has(key);
}

function nestedCharacteristics(value: unknown): readonly SentCharacteristic[] | null {
  if (!isRecord(value)) return null;
  return Object.entries(value).map(([slug, entry]) => ({ slug, value: entry, path: ['characteristics', slug] }));
}

function listedCharacteristics(value: unknown): readonly SentCharacteristic[] | null {
  if (!Array.isArray(value)) return null;
  const sent: SentCharacteristic[] = [];
  for (const [index, entry] of value.entries()) {
    if (!isRecord(entry) || typeof entry['slug'] !== 'string' || !('value' in entry)) return null;
    sent.push({ slug: entry['slug'], value: entry['value'], path: ['characteristics', String(index), 'value'] });
  }
  return sent;
}

function accept(sent: readonly SentCharacteristic[], { rules, report }: ValidationContext): Characteristics {
  const accepted: [string, CharacteristicValue][] = [];
  for (const { slug, value, path } of sent) {
    const type = rules.typeBySlug === null ? 'any' : rules.typeBySlug.get(slug);
    if (type === undefined) {
      const detail = `${slug.slice(0, 100)} is not a characteristic of this panel`;
      if (!rules.dropUnknown) report({ path, title: 'Unknown characteristic', detail });
    } else if (isScalar(value) && (value === null || typeRules[type].accepts(value))) {
      accepted.push([slug, value]);
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
