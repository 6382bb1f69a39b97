import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { compareWire } from '../../../../src/app/compare-wire.ts';
import type { WireReference } from '../../../../src/core/wire-reference.ts';
import { readWireReference } from '../../../../src/destination/openapi/openapi.ts';
import { panelsyncErrorOf } from '../../../helpers/thrown-error.ts';

const read = (name: string): string => readFileSync(`test/fixtures/openapi/${name}`, 'utf8');
const reference = (name: string): WireReference => readWireReference(read(name), name);

function settingsOf({ settings }: WireReference): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.entries(settings).map(([name, { value }]) => [name, value]));
}

function texts(findings: WireReference['facts']): string {
  return findings.map(({ text }) => text).join('\n');
}

/** The Rails description with a part of it replaced. */
function rails(part: string, replacement: string): WireReference {
  const text = read('rails.yaml');
  expect(text).to.contain(part);
  return readWireReference(text.replace(part, replacement), 'rails.yaml');
}

describe('the wire profile that an OpenAPI file describes', () => {
  it('reads a Rails API, with the line and the pointer of each setting', () => {
    const found = reference('rails.yaml');
    expect(settingsOf(found)).to.deep.equal({
      auth: ['apikey-header'],
      envelope: ['participants'],
      fieldCase: ['snake'],
      characteristics: ['nested'],
    });
    expect(found.unsupported).to.deep.equal([]);
    expect(found.settings.auth?.place.pointer).to.equal('/components/securitySchemes/apiKey');
    const line = read('rails.yaml').split('\n')[(found.settings.fieldCase?.place.line ?? 0) - 1];
    expect(line).to.contain('first_name');
    expect(found.maxBatchSize?.value).to.equal(100);
    expect(found.baseUrls?.value).to.deep.equal(['https://www.userinterviews.com/api']);
    expect(texts(found.facts))
      .to.contain('Required: email\n')
      .and.to.contain('can clear them: first_name, last_name')
      .and.to.contain('Not in the file; do not map: title')
      .and.to.contain('errors[].source.pointer')
      .and.to.contain('ends at hasMore: false');
  });

  it('reads a JSON:API in JSON, of OpenAPI 3.1, with variables in its address', () => {
    const found = reference('jsonapi.json');
    expect(settingsOf(found)).to.deep.equal({
      auth: ['bearer'],
      envelope: ['jsonapi'],
      fieldCase: ['camel'],
      characteristics: ['flat'],
    });
    expect(found.maxBatchSize?.value).to.equal(50);
    expect(found.baseUrls?.value).to.deep.equal(['https://hub.example.com/api/v2']);
    expect(texts(found.facts)).to.contain('Required: email, first_name').and.to.contain('Errors name no rows');
    expect(texts(found.unsupported)).to.equal(
      'the file has no list of participants: `baseline`, `verify` and `canary` cannot read the Hub',
    );
  });

  it('ends at references in a loop, follows aliases, and reads no other file', () => {
    const found = reference('loops.yaml');
    expect(settingsOf(found)).to.deep.equal({
      auth: ['bearer'],
      envelope: ['array'],
      fieldCase: ['camel'],
      characteristics: ['list'],
    });
    expect(texts(found.facts)).to.not.contain('last_name');
    expect(texts(found.facts)).to.contain('The form of errors is not in the file');
  });

  it('ends at a reference that leads through itself', () => {
    const loop = "    Participant:\n      $ref: '#/components/schemas/Participant/properties'\n    Other:\n";
    expect(texts(rails('    Participant:\n', loop).unsupported)).to.equal('');
  });

  it('says what a hand-written API has that no setting covers', () => {
    const found = reference('hand-written.yaml');
    expect(settingsOf(found)).to.deep.equal({ fieldCase: ['snake'] });
    expect(texts(found.unsupported))
      .to.contain('a batch is POST /v3/participants/bulk')
      .and.to.contain('several credentials at once')
      .and.to.contain('bodies are application/vnd.api+json')
      .and.to.contain('needs `dry_run`')
      .and.to.contain('stand under `people`')
      .and.to.contain('needs `external_id`')
      .and.to.contain('`phone_number` is integer')
      .and.to.contain('go under `custom_fields`');
  });

  it('decides nothing where parts are missing', () => {
    const found = reference('missing-parts.yaml');
    expect(settingsOf(found)).to.deep.equal({});
    expect(found).to.include({ title: 'without a title', maxBatchSize: null, baseUrls: null });
    expect(texts(found.unsupported)).to.contain('does not describe the body of a batch as JSON');
  });

  it('refuses other versions, other APIs, and what is no OpenAPI', async () => {
    const message = async (text: string): Promise<string> =>
      (await panelsyncErrorOf(Promise.resolve().then(() => readWireReference(text, 'hub.yaml')))).message;
    expect(await message(read('swagger.yaml'))).to.equal(
      'hub.yaml is Swagger "2.0"; panelsync reads OpenAPI 3.0 and 3.1.',
    );
    expect(await message('openapi: 4.0.0\n')).to.contain('is OpenAPI 4.0.0');
    expect(await message(read('another-api.yaml'))).to.contain('"Petstore" with 2 paths');
    expect(await message('name: panel\n')).to.contain('is no OpenAPI file');
    expect(await message('')).to.contain('is no OpenAPI file');
    expect(await message('<html>\n  a: {\n</html>')).to.match(/is neither YAML nor JSON from line \d+ on|no OpenAPI/);
  });

  it('knows where a key may go', () => {
    const scheme = '{ type: apiKey, in: header, name: User-Interviews-ApiKey }';
    expect(texts(rails(scheme, '{ type: apiKey, in: query, name: key }').unsupported)).to.equal(
      'the key goes into the query as key',
    );
    expect(texts(rails(scheme, '{ type: apiKey, in: header, name: X-Key }').unsupported)).to.contain('header X-Key');
    expect(texts(rails(scheme, '{ type: http, scheme: basic }').unsupported)).to.contain('HTTP basic');
    expect(texts(rails(scheme, '{ type: oauth2, flows: {} }').unsupported)).to.contain('OAuth');
    const either = rails('    apiKey: {', '    token: { type: http, scheme: bearer }\n    apiKey: {');
    expect(settingsOf(either)['auth']).to.deep.equal(['apikey-header']);
    const both = readWireReference(
      read('rails.yaml')
        .replace('  - apiKey: []', '  - apiKey: []\n  - token: []')
        .replace('    apiKey: {', '    token: { type: http, scheme: bearer }\n    apiKey: {'),
      'rails.yaml',
    );
    expect(settingsOf(both)['auth']).to.deep.equal(['apikey-header', 'bearer']);
  });

  it('leaves out what the API sets itself', () => {
    const required = 'required: [email]';
    const property = '        notes: { type: string }';
    const withId = (id: string): string =>
      read('rails.yaml').replace(required, 'required: [email, notes]').replace(property, `        notes: ${id}`);
    expect(texts(readWireReference(withId('{ type: string }'), 'a').unsupported)).to.contain('needs `notes`');
    expect(readWireReference(withId('{ type: string, readOnly: true }'), 'a').unsupported).to.deep.equal([]);
  });
});

describe('a configuration beside an OpenAPI file', () => {
  const wire = { auth: 'bearer', envelope: 'jsonapi', fieldCase: 'snake', characteristics: 'nested' } as const;
  const present = { wire, batchSize: 100, baseUrl: 'https://www.userinterviews.com/api/' };

  it('agrees, whatever the slash at the end of the address', () => {
    const comparison = compareWire(reference('rails.yaml'), {
      ...present,
      wire: { ...wire, auth: 'apikey-header', envelope: 'participants' },
    });
    expect(comparison.contradictions).to.deep.equal([]);
  });

  it('contradicts it in settings, batch size and address, each with its place', () => {
    const { profile, contradictions } = compareWire(reference('jsonapi.json'), present);
    expect(profile).to.deep.equal({ ...wire, fieldCase: 'camel', characteristics: 'flat' });
    expect(contradictions.map(({ setting, present: current, expected }) => [setting, current, expected])).to.deep.equal(
      [
        ['destination.wire.fieldCase', 'snake', 'camel'],
        ['destination.wire.characteristics', 'nested', 'flat'],
        ['destination.batchSize', '100', 'at most 50'],
        ['destination.baseUrl', present.baseUrl, 'https://hub.example.com/api/v2'],
      ],
    );
    expect(contradictions[2]?.place.pointer).to.match(/\/properties\/data\/maxItems$/);
  });

  it('keeps what is configured where the API accepts either', () => {
    const either = rails('        notes: {', '        firstName: { type: string }\n        notes: {');
    expect(compareWire(either, { ...present, wire: { ...wire, fieldCase: 'camel' } }).profile.fieldCase).to.equal(
      'camel',
    );
    expect(compareWire(either, null).profile.fieldCase).to.equal('snake');
  });
});
