import { expect } from 'chai';
import type { CharacteristicValue, FieldName } from '../../../../src/core/model/terms.ts';
import { formats } from '../../../../src/core/formats.ts';
import { maxLengths } from '../../../../src/core/model/rules/rules.ts';
import { validate } from '../../../../src/sync/plan/validate.ts';

type Fields = Partial<Record<FieldName, string | null>>;

function faultsOf(
  fields: Fields,
  characteristics: Readonly<Record<string, CharacteristicValue>> = {},
): readonly string[] {
  const payload = { fields: { email: 'ada@example.test', ...fields }, characteristics };
  return validate(payload, formats).map(({ code, field, message }) => {
    expect(message, 'what a person reads').to.match(/\w+ .* \w+/);
    return `${code} ${field ?? ''}`;
  });
}

describe('validation', () => {
  it('finds nothing wrong with a usual person', () => {
    const fields = { first_name: 'Ada', city: 'São Paulo', phone_number: '+14155552671', title: null };
    expect(
      faultsOf(fields, { plan: 'pro', seats: 3, active: false, note: 'two\nlines\tand\r\nmore', none: null }),
    ).to.deep.equal([]);
  });

  const good = [
    "o'brien@example.test",
    'a+b@example.test',
    'ada@müller.example',
    'jos\u00e9@example.test',
    'x@example.co.uk',
  ];
  for (const email of good) {
    it(`takes the e-mail ${email}`, () => {
      expect(faultsOf({ email })).to.deep.equal([]);
    });
  }

  const bad = [
    'ada',
    'ada@',
    '@example.test',
    'a..b@example.test',
    'ada@example',
    'a b@example.test',
    'ada@example.test,bob@example.test',
    'Ada <ada@example.test>',
    `${'a'.repeat(65)}@example.test`,
  ];
  for (const email of bad) {
    it(`refuses the e-mail ${email}`, () => {
      expect(faultsOf({ email })).to.deep.equal(['email_invalid email']);
    });
  }

  it('says what to do about an address that has something around it', () => {
    for (const [email, message] of [
      ['mailto:ada@example.test', 'the e-mail is a link (mailto:): give the address alone'],
      ['Ada <ada@example.test>', 'the e-mail has a name beside it: give only what is between < and >'],
      ['<ada@example.test>', 'the e-mail has a name beside it: give only what is between < and >'],
      ['ada@example.test; bob@example.test', 'there are several e-mails: give one of them'],
      ['ada@@example.test', 'the e-mail is malformed'],
    ] as const) {
      expect(validate({ fields: { email }, characteristics: {} }, formats).map((error) => error.message)).to.deep.equal(
        [message],
      );
    }
  });

  it('refuses an e-mail with what nobody can see, and says what it is', () => {
    for (const [sign, name] of [
      ['\u200b', 'U+200B'],
      ['\u00ad', 'U+00AD'],
      ['\u202e', 'U+202E'],
    ] as const) {
      for (const email of [`a${sign}da@example.test`, `ada@example.test${sign}`]) {
        const faults = validate({ fields: { email }, characteristics: {} }, formats);
        expect(faults.map(({ message }) => message)).to.deep.equal([
          `the e-mail contains an invisible character (${name})`,
        ]);
      }
    }
  });

  it('finds no fault with somebody who has no e-mail, because another column may be the key', () => {
    for (const fields of [{}, { email: null }]) {
      expect(validate({ fields, characteristics: {} }, formats)).to.deep.equal([]);
    }
  });

  it('tells of an e-mail that is too long only that', () => {
    expect(faultsOf({ email: 'a'.repeat(maxLengths.email) })).to.deep.equal(['email_invalid email']);
    expect(faultsOf({ email: `${'a'.repeat(maxLengths.email - 12)}@example.test` })).to.deep.equal(['too_long email']);
  });

  it('keeps texts to their longest length', () => {
    const { field, characteristic } = maxLengths;
    expect(faultsOf({ city: 'x'.repeat(field) }, { note: 'x'.repeat(characteristic) })).to.deep.equal([]);
    expect(faultsOf({ city: 'x'.repeat(field + 1) }, { note: 'x'.repeat(characteristic + 1) })).to.deep.equal([
      'too_long city',
      'too_long characteristics.note',
    ]);
    const [fault] = validate(
      { fields: { email: 'a@example.test', city: 'x'.repeat(300) }, characteristics: {} },
      formats,
    );
    expect(fault?.message).to.equal('300 characters, more than the maximum of 255');
  });

  for (const control of ['\0', '\u0008', '\u000b', '\u000c', '\u000e', '\u001f', '\u007f']) {
    it(`finds the control character ${JSON.stringify(control)} in fields and characteristics`, () => {
      const text = `a${control}b`;
      expect(faultsOf({ city: text }, { note: text })).to.deep.equal([
        'control_character city',
        'control_character characteristics.note',
      ]);
    });
  }

  for (const blank of ['\t', '\n', '\r']) {
    it(`takes ${JSON.stringify(blank)} in a characteristic only`, () => {
      expect(faultsOf({ city: `a${blank}b` }, { note: `a${blank}b` })).to.deep.equal(['control_character city']);
    });
  }

  it('tells all faults of a row at once', () => {
    expect(faultsOf({ email: 'no\u0000body', city: `\u0001${'x'.repeat(300)}` })).to.deep.equal([
      'email_invalid email',
      'control_character email',
      'too_long city',
      'control_character city',
    ]);
  });
});
