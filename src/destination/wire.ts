import { createHash } from 'node:crypto';
import { textHash } from '../core/model/hash.ts';
import type { DestinationSettings, WireSettings } from '../core/settings.ts';
import { fieldNames } from '../core/model/terms.ts';
import type { CharacteristicValue, FieldName, Payload } from '../core/model/terms.ts';

/** How the Hub expects a participant, for each wire profile: all assumptions are here. Pure. */

export const participantsPath = '/participants';
export const characteristicsPath = '/characteristics';
export const batchPath = '/participants/batches';

export const mediaType = 'application/vnd.user-interviews.v2+json';

const camelCaseNames: Readonly<Record<FieldName, string>> = {
  email: 'email',
  first_name: 'firstName',
  last_name: 'lastName',
  phone_number: 'phoneNumber',
  title: 'title',
  company: 'company',
  city: 'city',
  state: 'state',
  country: 'country',
};

const fieldByWireName: ReadonlyMap<string, FieldName> = new Map(
  fieldNames.flatMap((name) => [[name, name] as const, [camelCaseNames[name], name] as const]),
);

const envelopes: Readonly<Record<WireSettings['envelope'], (participants: readonly string[]) => string>> = {
  participants: (participants) => `{"participants":[${participants.join(',')}]}`,
  jsonapi: (participants) => `{"data":[${participants.map(jsonapiItem).join(',')}]}`,
  array: (participants) => `[${participants.join(',')}]`,
};

function jsonapiItem(attributes: string): string {
  return `{"type":"participant","attributes":${attributes}}`;
}

const authHeaders: Readonly<Record<WireSettings['auth'], (apiKey: string) => Readonly<Record<string, string>>>> = {
  'apikey-header': (apiKey) => ({ 'user-interviews-apikey': apiKey }),
  bearer: (apiKey) => ({ Authorization: `Bearer ${apiKey}` }),
};

/** The body of a batch: canonical payload texts in their envelope, in the same order. */
export function requestBody(payloads: readonly string[], wire: WireSettings): string {
  return envelopes[wire.envelope](payloads.map((payloadText) => participantJson(payloadText, wire)));
}

/** How every payload text begins and continues; core/model/participant.ts writes them all. */
const payloadPrefix = '{"fields":';
const characteristicsSeparator = '},"characteristics":{';

/**
 * A participant, cut out of its payload text instead of parsed, which would cost more than the rest of a request. The
 * separator cannot occur inside a value, where JSON escapes quotes.
 */
function participantJson(payloadText: string, wire: WireSettings): string {
  const separatorIndex = payloadText.indexOf(characteristicsSeparator);
  if (separatorIndex < 0 || !payloadText.startsWith(payloadPrefix)) throw new TypeError('not the text of a payload');
  const fields = payloadText.slice(payloadPrefix.length, separatorIndex + 1);
  const characteristics = payloadText.slice(separatorIndex + characteristicsSeparator.length - 1, -1);
  const encodedFields = wire.fieldCase === 'snake' ? fields : toCamelCase(fields);
  if (characteristics === '{}') return encodedFields;
  return `${encodedFields.slice(0, -1)}${encodedFields === '{}' ? '' : ','}${characteristicsMembers[wire.characteristics](characteristics)}}`;
}

/** The characteristics of a participant, of which there is one at least, as members of its JSON object. */
const characteristicsMembers: Readonly<Record<WireSettings['characteristics'], (characteristics: string) => string>> = {
  nested: (characteristics) => `"characteristics":${characteristics}`,
  flat: (characteristics) => characteristics.slice(1, -1),
  list: (characteristics) => `"characteristics":${JSON.stringify(toCharacteristicsList(characteristics))}`,
};

function toCharacteristicsList(characteristics: string): readonly object[] {
  const bySlug: Record<string, CharacteristicValue> = JSON.parse(characteristics);
  return Object.entries(bySlug).map(([slug, value]) => ({ slug, value }));
}

function toCamelCase(fieldsJson: string): string {
  const fields: Payload['fields'] = JSON.parse(fieldsJson);
  const camelCaseFields: Record<string, unknown> = {};
  for (const name of fieldNames) {
    const value = fields[name];
    if (value !== undefined) camelCaseFields[camelCaseNames[name]] = value;
  }
  return JSON.stringify(camelCaseFields);
}

/** panelsync's name of a built-in field in either case; any other name as it is. */
export function fieldFromWireName(wireName: string): string {
  return fieldByWireName.get(wireName) ?? wireName;
}

/**
 * The field of a payload that the Hub means: it names a characteristic by its place in the profile, such as
 * `characteristics.0.value` in a list.
 */
export function payloadField(named: string, payloadText: string, { characteristics }: WireSettings): string {
  if (characteristics === 'nested') return named;
  const payload: Payload = JSON.parse(payloadText);
  const slugs = Object.keys(payload.characteristics);
  const slug =
    characteristics === 'flat'
      ? slugs.find((one) => one === named && !(named in payload.fields))
      : slugs[Number(/^characteristics\.(\d+)(?:\.|$)/.exec(named)?.[1] ?? Number.NaN)];
  return slug === undefined ? named : `characteristics.${slug}`;
}

export function requestHeaders(apiKey: string, wire: WireSettings): Readonly<Record<string, string>> {
  return {
    Accept: mediaType,
    'Content-Type': 'application/json',
    'User-Agent': 'panelsync',
    ...authHeaders[wire.auth](apiKey),
  };
}

/** The address without a slash at its end. */
export function withoutTrailingSlash(baseUrl: string): string {
  return baseUrl.replace(/\/+$/, '');
}

/** Changes with the address and the wire profile, not with the key. */
export function fingerprint(settings: Pick<DestinationSettings, 'baseUrl' | 'wire'>): string {
  const { auth, envelope, fieldCase, characteristics } = settings.wire;
  const parts = JSON.stringify([withoutTrailingSlash(settings.baseUrl), auth, envelope, fieldCase, characteristics]);
  return createHash('sha256').update(parts).digest('hex').slice(0, 16);
}

/** Identifies the rate limit of everybody who shares a key at one address, without revealing the key. */
export function rateLimitKey({ baseUrl, apiKey }: Pick<DestinationSettings, 'baseUrl' | 'apiKey'>): string {
  return textHash(JSON.stringify([new URL(baseUrl).origin, apiKey]));
}
