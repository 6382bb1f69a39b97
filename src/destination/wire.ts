import { createHash } from 'node:crypto';
import type { DestinationSettings, WireSettings } from '../core/settings.ts';
import { fieldNames } from '../core/types.ts';
import type { FieldName, Payload } from '../core/types.ts';

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

type Participant = Readonly<Record<string, unknown>>;

const envelopes: Readonly<Record<WireSettings['envelope'], (participants: readonly Participant[]) => unknown>> = {
  participants: (participants) => ({ participants }),
  jsonapi: (participants) => ({ data: participants.map((attributes) => ({ type: 'participant', attributes })) }),
};

const authHeaders: Readonly<Record<WireSettings['auth'], (apiKey: string) => Readonly<Record<string, string>>>> = {
  'apikey-header': (apiKey) => ({ 'user-interviews-apikey': apiKey }),
  bearer: (apiKey) => ({ Authorization: `Bearer ${apiKey}` }),
};

/** The body of a batch: canonical payload texts in their envelope, in the same order. */
export function requestBody(payloads: readonly string[], wire: WireSettings): string {
  return JSON.stringify(envelopes[wire.envelope](payloads.map((text) => participantOf(text, wire))));
}

function participantOf(text: string, wire: WireSettings): Participant {
  const { fields, characteristics } = parsePayload(text);
  const named = wire.fieldCase === 'snake' ? fields : inCamelCase(fields);
  return Object.keys(characteristics).length === 0 ? named : { ...named, characteristics };
}

function parsePayload(text: string): Payload {
  // The texts are our own (core/participant.ts writes them), so their shape is known.
  const payload: Payload = JSON.parse(text);
  return payload;
}

function inCamelCase(fields: Payload['fields']): Participant {
  const named: Record<string, unknown> = {};
  for (const name of fieldNames) {
    const value = fields[name];
    if (value !== undefined) named[camelNames[name]] = value;
  }
  return named;
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
