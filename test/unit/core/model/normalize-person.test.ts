import { expect } from 'chai';
import { createForgottenPeople } from '../../../../src/core/model/forgotten-people.ts';
import type { HubPerson } from '../../../../src/core/model/hub-person.ts';
import type { PayloadCodec } from '../../../../src/core/model/payload-codec.ts';
import { maxKeyLength } from '../../../../src/core/model/key.ts';
import { createPersonNormalizer } from '../../../../src/core/model/normalize-person.ts';
import type { NormalizeResult } from '../../../../src/core/model/normalize-person.ts';
import { projectMappingOrThrow } from '../../../../src/core/model/projection.ts';
import type { SyncSettings } from '../../../../src/core/settings.ts';
import type { Column } from '../../../../src/core/model/terms.ts';
import { formats } from '../../../../src/core/formats.ts';
import { hashedCodec, keyedCodec, plainCodec } from '../../../helpers/fixtures/payload-codecs.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';

const email = 'ada@example.test';
const mapping = {
  fields: { email: 'mail', first_name: 'first', city: 'town' },
  characteristics: { seats: { column: 'seats', type: 'number' as const } },
};
const columns = ['mail', 'first', 'town', 'seats'].map((name): Column => ({ name, kind: 'text', type: 'text' }));

function projectionOf(sync: Partial<SyncSettings> = {}) {
  return projectMappingOrThrow({ ...defaultSync, mapping, ...sync }, columns);
}

function listed(
  person: Partial<HubPerson>,
  keeping: PayloadCodec = plainCodec,
  forgotten: readonly string[] = [],
): NormalizeResult {
  const persons = new Set(forgotten.map((key) => keyedCodec.personHash('email', key)));
  const known = createForgottenPeople(persons, keyedCodec, defaultSync);
  const read = createPersonNormalizer(projectionOf(), formats, {
    codec: keeping,
    forgotten: forgotten.length === 0 ? null : known,
  });
  return read({ email, fields: {}, characteristics: {}, ...person });
}

describe('a person of the Hub', () => {
  it('becomes what their row in the model would be, under the e-mail that the list names', () => {
    const fields = { email: 'other@example.test', first_name: ' Ada ', title: 'Dr' };
    expect(listed({ email: 'Ada@Example.test', fields, characteristics: { seats: 3, other: true } })).to.deep.include({
      person: {
        key: email,
        payload: '{"fields":{"email":"Ada@Example.test","first_name":"Ada"},"characteristics":{"seats":3}}',
        payloadHash: plainCodec.payloadHash(
          email,
          '{"fields":{"email":"Ada@Example.test","first_name":"Ada"},"characteristics":{"seats":3}}',
        ),
      },
      errors: [],
    });
  });

  it('keeps hashes only where payloads are kept as hashes', () => {
    const found = listed({ fields: { city: 'Rome' } }, hashedCodec);
    const text = `{"fields":{"email":"${email}","city":"Rome"},"characteristics":{}}`;
    expect(found).to.deep.include({
      person: {
        key: email,
        payload: hashedCodec.encode(email, text),
        payloadHash: hashedCodec.payloadHash(email, text),
      },
    });
    expect(JSON.stringify(found)).not.to.contain('Rome');
  });

  it('is listed without a value that does not fit its type, and the fault is told', () => {
    const found = listed({ characteristics: { seats: 'many' } });
    expect(found).to.have.nested.property('errors[0].field', 'characteristics.seats');
    expect(found).to.have.nested.property('person.payload').that.does.not.contain('many');
  });

  const longest = `${'x'.repeat(maxKeyLength - '@example.test'.length)}@example.test`;
  const unusable: readonly (readonly [string, string, readonly string[], string])[] = [
    ['has no e-mail', ' ', [], 'it has no e-mail'],
    ['has one that is too long', `x${longest}`, [], `its e-mail is longer than ${maxKeyLength} characters`],
    ['is forgotten', email.toUpperCase(), [email], 'it is of somebody who is forgotten'],
  ];
  for (const [what, address, forgotten, reason] of unusable) {
    it(`stands for nobody who ${what}`, () => {
      expect(listed({ email: address }, plainCodec, forgotten)).to.deep.equal({ unusable: reason });
    });
  }

  it('stands for somebody with the longest e-mail, and beside others who are forgotten', () => {
    expect(listed({ email: longest })).to.have.nested.property('person.key', longest);
    expect(listed({}, plainCodec, ['bob@example.test'])).to.have.nested.property('person.key', email);
  });
});

describe('the forgotten', () => {
  it('are known by e-mail in any case, and by their key where rows have another', () => {
    const byEmail = new Set([keyedCodec.personHash('email', email)]);
    const mails = createForgottenPeople(byEmail, keyedCodec, { key: null });
    expect([email, 'bob@example.test'].map((key) => mails.hasKey(key))).to.deep.equal([true, false]);
    expect(
      [' ADA@example.test', 'bob@example.test', ' ', null, undefined].map((one) => mails.hasEmail(one)),
    ).to.deep.equal([true, false, false, false, false]);
    const ids = createForgottenPeople(new Set([keyedCodec.personHash('key', '7')]), keyedCodec, { key: 'id' });
    expect([ids.hasKey('7'), ids.hasKey(email), ids.hasEmail('7')]).to.deep.equal([true, false, false]);
  });
});
