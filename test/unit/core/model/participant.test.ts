import { expect } from 'chai';
import { canonicalText, changedFields, flattenFields, toParticipant } from '../../../../src/core/model/participant.ts';
import type { Participant } from '../../../../src/core/model/participant.ts';
import type { SyncSettings } from '../../../../src/core/settings.ts';
import type { Payload } from '../../../../src/core/model/terms.ts';
import { formats } from '../../../../src/core/formats.ts';
import { columnsOf, projectionOf, valuesOf } from '../../../helpers/fixtures/projection.ts';

const columns = columnsOf(['email', 'name', 'phone', 'plan', 'seats', 'active', 'joined', 'extra'], {
  seats: 'number',
  active: 'boolean',
  joined: 'timestamptz',
  extra: 'json',
});

const mapping: SyncSettings['mapping'] = {
  fields: { phone_number: 'phone', first_name: 'name', email: 'email' },
  characteristics: {
    seats: { column: 'seats', type: null },
    plan: { column: 'plan', type: null },
    joined: { column: 'joined', type: null },
    active: { column: 'active', type: null },
  },
};

const ada = [' Ada@Example.test ', ' Ada ', '(415) 555-2671', 'pro', '3.0', 't', '2024-02-29 10:00:00+00', null];

function made(row: readonly (string | null)[], sync: Partial<SyncSettings> = {}): Participant {
  const projection = projectionOf({ mapping, phone: { defaultCountry: 'US', invalid: 'keep' }, ...sync }, columns);
  return toParticipant(valuesOf(projection, row), projection, formats);
}

describe('participant', () => {
  it('holds typed values, fields in the order of the Hub, characteristics by slug', () => {
    const { payload, errors: faults } = made(ada);
    expect(faults).to.deep.equal([]);
    expect(canonicalText(payload)).to.equal(
      '{"fields":{"email":"Ada@Example.test","first_name":"Ada","phone_number":"+14155552671"},' +
        '"characteristics":{"active":true,"joined":"2024-02-29","plan":"pro","seats":3}}',
    );
  });

  it('leaves nulls and blanks out, or holds them as null when they are to be sent', () => {
    const row = ['ada@example.test', ' ', null, '\u00a0', null, null, null, null];
    expect(made(row).payload).to.deep.equal({ fields: { email: 'ada@example.test' }, characteristics: {} });
    expect(made(row, { nulls: 'null' }).payload).to.deep.equal({
      fields: { email: 'ada@example.test', first_name: null, phone_number: null },
      characteristics: { active: null, joined: null, plan: null, seats: null },
    });
  });

  it('never holds an e-mail of null', () => {
    expect(
      made([null, 'Ada', null, null, null, null, null, null], { nulls: 'null' }).payload.fields,
    ).not.to.have.property('email');
  });

  const phones: readonly [string, SyncSettings['phone'], string | undefined, string | null][] = [
    ['+44 20 7946 0958', { defaultCountry: null, invalid: 'keep' }, '+442079460958', null],
    ['020 7946 0958', { defaultCountry: 'GB', invalid: 'reject' }, '+442079460958', null],
    ['020 7946 0958', { defaultCountry: null, invalid: 'keep' }, '020 7946 0958', null],
    ['call me', { defaultCountry: 'US', invalid: 'keep' }, 'call me', null],
    ['call me', { defaultCountry: 'US', invalid: 'omit' }, undefined, null],
    [
      'call me',
      { defaultCountry: 'US', invalid: 'reject' },
      undefined,
      'the phone number does not parse, with or without the country code of US',
    ],
    [
      '4.915E+12',
      { defaultCountry: 'DE', invalid: 'reject' },
      undefined,
      'the phone number went through a number format, which loses digits, zeros or the plus; keep it as text',
    ],
    [
      '1',
      { defaultCountry: null, invalid: 'reject' },
      undefined,
      'the phone number does not parse; phone.defaultCountry may be missing',
    ],
  ];
  for (const [raw, phone, expected, message] of phones) {
    it(`makes ${String(expected)} of the phone "${raw}" with ${phone.defaultCountry ?? 'no country'} and ${phone.invalid}`, () => {
      const { payload, errors: faults } = made(['ada@example.test', null, raw], { phone });
      expect(payload.fields.phone_number).to.equal(expected);
      expect('phone_number' in payload.fields, 'the field is there').to.equal(expected !== undefined);
      const fault = { code: 'phone_invalid', message, field: 'phone_number' };
      expect(faults).to.deep.equal(message === null ? [] : [fault]);
    });
  }

  const countries: readonly [string | null, string | undefined][] = [
    ['DE', '+4930901820'],
    ['de', '+4930901820'],
    [' Germany ', '+4930901820'],
    ['U.S.A.', undefined],
    ['Atlantis', undefined],
    [null, undefined],
  ];
  for (const [country, expected] of countries) {
    it(`takes the country ${country ?? 'null'} of the row before that of the sync`, () => {
      const phone = { defaultCountry: 'US', countryColumn: 'name', invalid: 'omit' } as const;
      const { payload, errors, omitted } = made(['ada@example.test', country, '030 901820'], { phone });
      expect([payload.fields.phone_number, errors]).to.deep.equal([expected, []]);
      expect(omitted).to.deep.equal(expected === undefined ? [{ field: 'phone_number', text: '030 901820' }] : []);
    });
  }

  it('reads the column of the country only where a phone is mapped', () => {
    const phone = { defaultCountry: null, countryColumn: 'extra', invalid: 'omit' } as const;
    expect(projectionOf({ mapping, phone }, columns).phoneCountry?.column.name).to.equal('extra');
    const withoutPhone = { fields: { email: 'email' }, characteristics: {} };
    expect(projectionOf({ mapping: withoutPhone, phone }, columns).phoneCountry).to.equal(null);
  });

  it('makes one space of white space in a field, and leaves a characteristic as it is', () => {
    const { payload } = made(['ada@example.test', ' Ada\t\r\n King\u00a0Byron  II ', null, 'two\nlines']);
    expect(payload.fields.first_name).to.equal('Ada King Byron II');
    expect(payload.characteristics['plan']).to.equal('two\nlines');
  });

  it('leaves an invalid value out where its rule says so, and names it', () => {
    const omit = { write: 'always', onInvalid: 'omit' } as const;
    const rules = { first_name: omit, 'characteristics.seats': omit, 'characteristics.plan': omit };
    const row = ['ada@example.test', 'x'.repeat(256), null, 'ding\u0007', 'many', 't', null, null];
    const { payload, errors, omitted } = made(row, { mapping: { ...mapping, rules }, nulls: 'null' });
    expect(errors.map(({ field }) => field)).to.deep.equal([]);
    expect(omitted.map(({ field }) => field)).to.deep.equal([
      'first_name',
      'characteristics.plan',
      'characteristics.seats',
    ]);
    // Not as null, which would clear what the Hub has.
    expect(payload).to.deep.equal({
      fields: { email: 'ada@example.test', phone_number: null },
      characteristics: { active: true, joined: null },
    });
  });

  it('holds an e-mail without the apostrophe of a spreadsheet, and a text with its own', () => {
    const { payload } = made(["'Ada@example.test", "'s-Hertogenbosch", null, null, null, null, null, null]);
    expect(payload.fields).to.deep.equal({ email: 'Ada@example.test', first_name: "'s-Hertogenbosch" });
  });

  it('makes up no digits of a phone number that came as a float', () => {
    const floats = columnsOf(['email', 'phone'], { phone: 'float' });
    const phone = { defaultCountry: 'DE', invalid: 'omit' } as const;
    const withPhone = { fields: { email: 'email', phone_number: 'phone' }, characteristics: {} };
    const projection = projectionOf({ mapping: withPhone, phone }, floats);
    const phoneOf = (raw: string): unknown =>
      toParticipant(valuesOf(projection, ['ada@example.test', raw]), projection, formats).payload.fields.phone_number;
    expect(phoneOf('4915112345678')).to.equal('+4915112345678');
    expect(phoneOf('4.9151124e+12')).to.equal(undefined);
  });

  it('reports every error with its field and keeps the rest', () => {
    const { payload, errors: faults } = made(['ada@example.test', 'Ada', null, 'pro', 'NaN', 't', 'infinity', null]);
    expect(faults.map(({ code, field }) => [code, field])).to.deep.equal([
      ['date_out_of_range', 'characteristics.joined'],
      ['not_finite', 'characteristics.seats'],
    ]);
    expect(payload).to.deep.equal({
      fields: { email: 'ada@example.test', first_name: 'Ada' },
      characteristics: { active: true, plan: 'pro' },
    });
  });

  it('reports JSON in a field as an error', () => {
    const json = { fields: { email: 'email', city: 'extra' }, characteristics: {} };
    const { errors: faults } = made(['ada@example.test', null, null, null, null, null, null, '{}'], { mapping: json });
    expect(faults.map(({ code, field }) => [code, field])).to.deep.equal([['unsupported_type', 'city']]);
  });

  it('reads a line that is too short as nulls', () => {
    expect(
      toParticipant(['ada@example.test'], projectionOf({ mapping }, columns), formats).payload.fields,
    ).to.deep.equal({
      email: 'ada@example.test',
    });
  });
});

describe('changed fields', () => {
  const before: Payload = {
    fields: { email: 'a@example.test', city: 'Bonn' },
    characteristics: { plan: 'free', seats: 1, active: true },
  };
  const after: Payload = {
    fields: { email: 'a@example.test', title: 'Dr' },
    characteristics: { plan: 'pro', seats: 1, active: null },
  };

  it('are those that differ, old and new, null where there is none', () => {
    expect(changedFields(before, after)).to.deep.equal({
      city: ['Bonn', null],
      title: [null, 'Dr'],
      'characteristics.plan': ['free', 'pro'],
      'characteristics.active': [true, null],
    });
  });

  it('are all fields of somebody new, and none of somebody who is the same', () => {
    expect(changedFields(null, after)).to.deep.equal({
      email: [null, 'a@example.test'],
      title: [null, 'Dr'],
      'characteristics.plan': [null, 'pro'],
      'characteristics.seats': [null, 1],
    });
    expect(changedFields(before, before)).to.deep.equal({});
  });

  it('have flat names', () => {
    expect([...flattenFields(before).keys()]).to.deep.equal([
      'email',
      'city',
      'characteristics.plan',
      'characteristics.seats',
      'characteristics.active',
    ]);
  });
});
