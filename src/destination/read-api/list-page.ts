import type { HubCharacteristic, HubPerson, ParticipantPage, UnusableEntry } from '../../core/model/hub-person.ts';
import { fieldNames } from '../../core/model/terms.ts';
import type { CharacteristicValue, FieldName } from '../../core/model/terms.ts';
import { isRecord, parseJson, textProperty } from '../json.ts';
import { fieldFromWireName } from '../wire.ts';

/** Reads pages of the Hub's lists. Their shape is only partly documented, so several forms are accepted. Pure. */

/** The reference does not name the keys, so these are tried. */
const totalKeys = ['totalCount', 'total_count', 'total'];
const pageCountKeys = ['totalPages', 'total_pages', 'pages'];

/** A page of any list. */
export interface ListPage {
  readonly entries: readonly unknown[];
  /** `null` where the Hub does not say. */
  readonly total: number | null;
  readonly last: boolean;
}

/** Page `pageNumber` of a list; `null`: the body is not a list. */
export function parseListPage(body: string, pageNumber: number): ListPage | null {
  const json = parseJson(body);
  if (!isRecord(json) || !Array.isArray(json['data'])) return null;
  const entries: readonly unknown[] = json['data'];
  const meta = isRecord(json['meta']) ? json['meta'] : {};
  const pagination = isRecord(meta['pagination']) ? meta['pagination'] : meta;
  const total = firstInteger(pagination, totalKeys);
  const pageCount = firstInteger(pagination, pageCountKeys);
  // A short page proves nothing: the Hub may return fewer people than requested.
  const isLast = pageCount === null ? total !== null && pageNumber * entries.length >= total : pageNumber >= pageCount;
  return { entries, total, last: entries.length === 0 || isLast };
}

export function toParticipantPage({ entries, total, last }: ListPage): ParticipantPage {
  const people: HubPerson[] = [];
  const unusable: UnusableEntry[] = [];
  for (const entry of entries) {
    const person = parsePerson(attributesOf(entry));
    if (typeof person === 'string') unusable.push({ id: idOf(entry), reason: person });
    else people.push(person);
  }
  return { people, unusable, total, last };
}

/** Definitions without a slug cannot be used. */
export function toCharacteristics({ entries }: ListPage): readonly HubCharacteristic[] {
  return entries.flatMap((entry) => {
    const attributes = attributesOf(entry);
    const slug = textProperty(attributes, 'slug');
    return slug === null
      ? []
      : [{ slug, type: textProperty(attributes, 'type'), name: textProperty(attributes, 'name') }];
  });
}

/** What JSON:API nests under `attributes`, or the entry itself where it is flat. */
function attributesOf(entry: unknown): unknown {
  return isRecord(entry) && isRecord(entry['attributes']) ? entry['attributes'] : entry;
}

function idOf(entry: unknown): string | null {
  const id = isRecord(entry) ? entry['id'] : null;
  return typeof id === 'number' ? String(id) : textProperty(entry, 'id');
}

/** The person, or why the entry is not one. */
function parsePerson(attributes: unknown): HubPerson | string {
  if (!isRecord(attributes)) return 'it is not an object';
  const fields: Partial<Record<FieldName, string | null>> = {};
  for (const [wireName, value] of Object.entries(attributes)) {
    const field = builtInFields.get(fieldFromWireName(wireName));
    if (field !== undefined) fields[field] = toFieldText(value);
  }
  const email = fields.email?.trim() ?? '';
  if (email === '') return 'it has no e-mail';
  return { email, fields, characteristics: parseCharacteristics(attributes['characteristics']) };
}

const builtInFields: ReadonlyMap<string, FieldName> = new Map(fieldNames.map((name) => [name, name]));

function toFieldText(value: unknown): string | null {
  const scalar = toScalar(value);
  return scalar === null ? null : String(scalar);
}

/** Keyed by slug, as they are sent; or a list of slugs with their values. */
function parseCharacteristics(value: unknown): HubPerson['characteristics'] {
  if (Array.isArray(value)) {
    const pairs = value.map((entry: unknown) => attributesOf(entry));
    return Object.fromEntries(
      pairs.flatMap((pair) => {
        const slug = textProperty(pair, 'slug');
        return slug === null || !isRecord(pair) ? [] : [[slug, toScalar(pair['value'])] as const];
      }),
    );
  }
  if (!isRecord(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([slug, entry]) => [slug, toScalar(entry)]));
}

/** Lists and objects, which panelsync never sends, become their JSON. */
function toScalar(value: unknown): CharacteristicValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return JSON.stringify(value);
}

function firstInteger(record: Readonly<Record<string, unknown>>, keys: readonly string[]): number | null {
  const found = keys.map((name) => record[name]).find((value) => Number.isSafeInteger(value));
  return typeof found === 'number' ? found : null;
}
