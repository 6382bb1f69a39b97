import { expect } from 'chai';
import * as fc from 'fast-check';
import type { WireSettings } from '../../../src/core/settings.ts';
import { fieldNames } from '../../../src/core/model/terms.ts';
import {
  fieldFromWireName,
  fingerprint,
  payloadField,
  requestHeaders,
  requestBody,
} from '../../../src/destination/wire.ts';

const plain: WireSettings = {
  auth: 'apikey-header',
  envelope: 'participants',
  fieldCase: 'snake',
  characteristics: 'nested',
};

const ada = JSON.stringify({
  fields: { email: 'ada@example.test', first_name: 'Ada', phone_number: null, city: 'London' },
  characteristics: { plan_tier: 'pro', seats: 3, active: true, renewed_on: null },
});
const bob = JSON.stringify({ fields: { email: 'bob@example.test' }, characteristics: {} });

const characteristics = { plan_tier: 'pro', seats: 3, active: true, renewed_on: null };
const builtIn = { email: 'ada@example.test', first_name: 'Ada', phone_number: null, city: 'London' };
const snake = { ...builtIn, characteristics };
const camel = { email: 'ada@example.test', firstName: 'Ada', phoneNumber: null, city: 'London', characteristics };
const onlyEmail = { email: 'bob@example.test' };

describe('wire', () => {
  const bodies: readonly [string, WireSettings, unknown][] = [
    ['participants in snake case', plain, { participants: [snake, onlyEmail] }],
    ['participants in camel case', { ...plain, fieldCase: 'camel' }, { participants: [camel, onlyEmail] }],
    [
      'jsonapi in snake case',
      { ...plain, envelope: 'jsonapi' },
      {
        data: [
          { type: 'participant', attributes: snake },
          { type: 'participant', attributes: onlyEmail },
        ],
      },
    ],
    [
      'jsonapi in camel case',
      { ...plain, envelope: 'jsonapi', fieldCase: 'camel' },
      {
        data: [
          { type: 'participant', attributes: camel },
          { type: 'participant', attributes: onlyEmail },
        ],
      },
    ],
    ['a bare list', { ...plain, envelope: 'array' }, [snake, onlyEmail]],
    [
      'characteristics beside the fields',
      { ...plain, envelope: 'array', characteristics: 'flat' },
      [{ ...builtIn, ...characteristics }, onlyEmail],
    ],
    [
      'characteristics as a list, in camel case',
      { ...plain, envelope: 'array', fieldCase: 'camel', characteristics: 'list' },
      [
        {
          ...camel,
          characteristics: Object.entries(characteristics).map(([slug, value]) => ({ slug, value })),
        },
        onlyEmail,
      ],
    ],
  ];
  for (const [name, wire, expected] of bodies) {
    it(`writes ${name}`, () => {
      expect(JSON.parse(requestBody([ada, bob], wire))).to.deep.equal(expected);
    });
  }

  it('writes all nine fields in camel case and reads their names back', () => {
    const fields = Object.fromEntries(fieldNames.map((name) => [name, name]));
    const text = JSON.stringify({ fields, characteristics: {} });
    const body: { participants: Record<string, string>[] } = JSON.parse(
      requestBody([text], { ...plain, fieldCase: 'camel' }),
    );
    const written = Object.entries(body.participants[0] ?? {});
    expect(written.map(([name]) => name)).to.deep.equal([
      'email',
      'firstName',
      'lastName',
      'phoneNumber',
      'title',
      'company',
      'city',
      'state',
      'country',
    ]);
    for (const [name, value] of written) expect(fieldFromWireName(name)).to.equal(value);
  });

  it('leaves the names of characteristics as they are, also those of built-in fields', () => {
    const text = '{"fields":{"email":"a@b.test"},"characteristics":{"first_name":"x","__proto__":"y"}}';
    const body = requestBody([text], { ...plain, fieldCase: 'camel' });
    expect(body).to.equal(
      '{"participants":[{"email":"a@b.test","characteristics":{"first_name":"x","__proto__":"y"}}]}',
    );
  });

  it('keeps every value and the order of rows, whatever the text', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('},"characteristics":{', '"},"', '\\'));
    const value = fc.oneof(text, fc.constant(null));
    const payload = fc.record({
      fields: fc.record({ email: text, first_name: value, city: value }, { requiredKeys: [] }),
      characteristics: fc.dictionary(text, fc.oneof(value, fc.boolean(), fc.integer())),
    });
    fc.assert(
      fc.property(fc.array(payload, { minLength: 1, maxLength: 5 }), (payloads) => {
        const texts = payloads.map((one) => JSON.stringify(one));
        const named = (firstName: string) =>
          payloads.map(({ fields: { first_name: first, ...others }, characteristics: custom }) => ({
            ...others,
            ...(first === undefined ? {} : { [firstName]: first }),
            ...(Object.keys(custom).length === 0 ? {} : { characteristics: custom }),
          }));
        expect(JSON.parse(requestBody(texts, plain))).to.deep.equal({ participants: named('first_name') });
        const camelCase = requestBody(texts, { ...plain, fieldCase: 'camel' });
        expect(JSON.parse(camelCase)).to.deep.equal({ participants: named('firstName') });
      }),
    );
  });

  it('names the field that the Hub means, wherever characteristics are', () => {
    const names = (form: WireSettings['characteristics'], ...named: string[]) =>
      named.map((name) => payloadField(name, ada, { ...plain, characteristics: form }));
    expect(names('nested', 'city', 'characteristics.seats')).to.deep.equal(['city', 'characteristics.seats']);
    expect(names('flat', 'city', 'seats', 'other')).to.deep.equal(['city', 'characteristics.seats', 'other']);
    expect(
      names('list', 'city', 'characteristics.1.value', 'characteristics.0', 'characteristics.9', 'characteristics'),
    ).to.deep.equal([
      'city',
      'characteristics.seats',
      'characteristics.plan_tier',
      'characteristics.9',
      'characteristics',
    ]);
  });

  it('refuses a text that is no payload', () => {
    for (const text of ['', '{}', '{"fields":{}}', '{"characteristics":{},"fields":{}}']) {
      expect(() => requestBody([text], plain), text).to.throw(TypeError);
    }
  });

  it('sends the key in the header of the profile, and in no other', () => {
    const common = {
      Accept: 'application/vnd.user-interviews.v2+json',
      'Content-Type': 'application/json',
      'User-Agent': 'panelsync',
    };
    expect(requestHeaders('k1', plain)).to.deep.equal({ ...common, 'user-interviews-apikey': 'k1' });
    expect(requestHeaders('k1', { ...plain, auth: 'bearer' })).to.deep.equal({ ...common, Authorization: 'Bearer k1' });
  });

  it('changes its fingerprint with the address and each choice of the profile only', () => {
    const baseUrl = 'https://hub.example.test/api';
    const first = fingerprint({ baseUrl, wire: plain });
    expect(first).to.match(/^[0-9a-f]{16}$/);
    expect(fingerprint({ baseUrl: `${baseUrl}/`, wire: { ...plain } })).to.equal(first);
    const others = [
      fingerprint({ baseUrl: 'https://other.example.test/api', wire: plain }),
      fingerprint({ baseUrl, wire: { ...plain, auth: 'bearer' } }),
      fingerprint({ baseUrl, wire: { ...plain, envelope: 'jsonapi' } }),
      fingerprint({ baseUrl, wire: { ...plain, fieldCase: 'camel' } }),
      fingerprint({ baseUrl, wire: { ...plain, characteristics: 'flat' } }),
    ];
    expect(new Set([first, ...others]).size).to.equal(6);
  });
});
