import { createHash } from 'node:crypto';
import { textHash } from '../core/model/hash.ts';
import type { DestinationSettings, WireSettings } from '../core/settings.ts';
import { fieldNames } from '../core/model/terms.ts';
import type { FieldName, Payload } from '../core/model/terms.ts';

/** Everything that is assumed about how the Hub writes a participant, for each wire profile. Pure. */

export const participantsPath = '/participants';
export const characteristicsPath = '/characteristics';
export const batchPath = '/participants/batches';

const mediaType = 'application/vnd.user-interviews.v2+json';

const camelNames: Readonly<Record<FieldName, string>> = {
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

const fieldOfWireName: ReadonlyMap<string, FieldName> = new Map(
  fieldNames.flatMap((name) => [[name, name] as const, [camelNames[name], name] as const]),
);

const envelopes: Readonly<Record<WireSettings['envelope'], (participants: readonly string[]) => string>> = {
  participants: (participants) => `{"participants":[${participants.join(',')}]}`,
  jsonapi: (participants) => `{"data":[${participants.map(jsonapiItem).join(',')}]}`,
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
  return envelopes[wire.envelope](payloads.map((text) => participantText(text, wire)));
}

/** How every payload text begins and goes on: core/participant.ts writes them all. */
const beforeFields = '{"fields":';
const betweenParts = '},"characteristics":{';

/**
 * A participant made from its text without reading it, which would cost more than all the rest of a request. The words
 * between the two parts cannot stand inside a value: JSON escapes quotes there.
 */
function participantText(text: string, wire: WireSettings): string {
  const cut = text.indexOf(betweenParts);
  if (cut < 0 || !text.startsWith(beforeFields)) throw new TypeError('not the text of a payload');
  const fields = text.slice(beforeFields.length, cut + 1);
  const characteristics = text.slice(cut + betweenParts.length - 1, -1);
  const named = wire.fieldCase === 'snake' ? fields : inCamelCase(fields);
  if (characteristics === '{}') return named;
  return `${named.slice(0, -1)}${named === '{}' ? '' : ','}"characteristics":${characteristics}}`;
}

function inCamelCase(text: string): string {
  const fields: Payload['fields'] = JSON.parse(text);
  const named: Record<string, unknown> = {};
  for (const name of fieldNames) {
    const value = fields[name];
    if (value !== undefined) named[camelNames[name]] = value;
  }
  return JSON.stringify(named);
}

/** Our name of a built-in field in either case; any other name as it is. */
export function fieldName(wireName: string): string {
  return fieldOfWireName.get(wireName) ?? wireName;
}

export function headers(apiKey: string, wire: WireSettings): Readonly<Record<string, string>> {
  return {
    Accept: mediaType,
    'Content-Type': 'application/json',
    'User-Agent': 'panelsync',
    ...authHeaders[wire.auth](apiKey),
  };
}

/** The address without a slash at its end. */
export function plainAddress(baseUrl: string): string {
  return baseUrl.replace(/\/+$/, '');
}

/** Changes when the address or the wire profile does; a new key leaves it as it is. */
export function fingerprint(settings: Pick<DestinationSettings, 'baseUrl' | 'wire'>): string {
  const { auth, envelope, fieldCase } = settings.wire;
  const parts = JSON.stringify([plainAddress(settings.baseUrl), auth, envelope, fieldCase]);
  return createHash('sha256').update(parts).digest('hex').slice(0, 16);
}

/** Names the queue of all who share a key at one address, without telling the key. */
export function paceKey({ baseUrl, apiKey }: Pick<DestinationSettings, 'baseUrl' | 'apiKey'>): string {
  return textHash(JSON.stringify([new URL(baseUrl).origin, apiKey]));
}
