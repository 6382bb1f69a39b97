import type {
  HubCharacteristic,
  HubPerson,
  ListEntry,
  ListRange,
  ParticipantPage,
} from '../../core/model/hub-person.ts';
import { fieldNames } from '../../core/model/terms.ts';
import type { CharacteristicValue, FieldName } from '../../core/model/terms.ts';
import { isRecord, parseJson, textProperty } from '../json.ts';
import { fieldFromWireName } from '../wire.ts';

/** Reads pages of the Hub's lists. Their shape is only partly documented, so several forms are accepted. Pure. */

/** The attested key first; the others are what such servers use. */
const moreKeys = ['hasMore', 'has_more'];
const totalKeys = ['totalCount', 'total_count', 'total'];
const pageCountKeys = ['totalPages', 'total_pages', 'pages'];

/** A page of any list. */
export interface ListPage {
  readonly entries: readonly unknown[];
  /** `null` where the Hub does not say. */
  readonly total: number | null;
  /** `null` where the Hub does not say, and the page is not empty. */
  readonly last: boolean | null;
}

/** The page of a list that was asked for; `null`: the body is not a list. */
export function parseListPage(body: string, range: ListRange): ListPage | null {
  const json = parseJson(body);
  if (!isRecord(json) || !Array.isArray(json['data'])) return null;
  const entries: readonly unknown[] = json['data'];
  const meta = isRecord(json['meta']) ? json['meta'] : {};
  const pagination = isRecord(meta['pagination']) ? meta['pagination'] : meta;
  const total = firstInteger(pagination, totalKeys);
  const pageCount = firstInteger(pagination, pageCountKeys);
  const hasMore = readHasMore(pagination) ?? readHasMore(json) ?? hasNextLink(json['links']);
  const end = (range.number - 1) * range.size + entries.length;
  // A short page proves nothing: the Hub may return fewer people than requested.
  if (hasMore !== null) return { entries, total, last: !hasMore };
  if (pageCount !== null) return { entries, total, last: range.number >= pageCount };
  if (total !== null) return { entries, total, last: entries.length === 0 || end >= total };
  return { entries, total, last: entries.length === 0 ? true : null };
}

function readHasMore(record: Readonly<Record<string, unknown>>): boolean | null {
  const found = moreKeys.map((name) => record[name]).find((value) => typeof value === 'boolean');
  return typeof found === 'boolean' ? found : null;
}

/** JSON:API leaves `next` out, or sets it to null, on the last page. */
function hasNextLink(links: unknown): boolean | null {
  if (!isRecord(links) || !('next' in links || 'prev' in links || 'first' in links)) return null;
  return links['next'] !== undefined && links['next'] !== null && links['next'] !== '';
}

export function toParticipantPage({ entries, total, last }: ListPage): ParticipantPage {
  return { entries: entries.map(toListEntry), total, last };
}

function toListEntry(entry: unknown): ListEntry {
  const person = parsePerson(attributesOf(entry));
  const id = idOf(entry);
  if (typeof person === 'string') return { id: id ?? JSON.stringify(entry), unusable: { id, reason: person } };
  return { id: id ?? person.email, person };
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
  const others: [string, unknown][] = [];
  for (const [wireName, value] of Object.entries(attributes)) {
    const field = builtInFields.get(fieldFromWireName(wireName));
    if (field === undefined) others.push([wireName, value]);
    else fields[field] = toFieldText(value);
  }
  const email = fields.email?.trim() ?? '';
  if (email === '') return 'it has no e-mail';
  // A Hub that lists no `characteristics` may have them beside the fields.
  const characteristics = 'characteristics' in attributes ? attributes['characteristics'] : Object.fromEntries(others);
  return { email, fields, characteristics: parseCharacteristics(characteristics) };
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
