import { expect } from 'chai';
import { projectMappingOrThrow } from '../../../../src/core/model/projection.ts';
import { fieldNames } from '../../../../src/core/model/terms.ts';
import type { CharacteristicValue } from '../../../../src/core/model/terms.ts';
import type { HubPerson } from '../../../../src/core/model/hub-person.ts';
import { formats } from '../../../../src/core/formats.ts';
import { generatePerson } from '../../../../src/sync/canary/test-person.ts';
import { hubPersonPayload } from '../../../../src/sync/recover/resolve-rows.ts';
import { validate } from '../../../../src/sync/plan/validate.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';

const types = ['text', 'number', 'boolean', 'date'] as const;
const email = 'canary@example.test';
const sync = {
  ...defaultSync,
  mapping: {
    fields: Object.fromEntries(fieldNames.map((field) => [field, field])),
    characteristics: Object.fromEntries(types.map((type) => [`a_${type}`, { column: `a_${type}`, type }])),
  },
};
const columns = [...fieldNames, ...types.map((type) => `a_${type}`)].map(
  (name) => ({ name, kind: 'text', type: 'text' }) as const,
);
const projection = projectMappingOrThrow(sync, columns);

function madeUp(draw: number, before: HubPerson | null = null): HubPerson {
  return generatePerson(projection, { email, before, random: () => draw });
}

/** The first and the last value that can be drawn. */
const ends: readonly (readonly [string, CharacteristicValue, CharacteristicValue])[] = [
  ['email', email, email],
  ['first_name', 'Canary aaaaaa', 'Canary zzzzzz'],
  ['last_name', 'Panelsync aaaaaa', 'Panelsync zzzzzz'],
  ['phone_number', '+12025550100', '+12025550199'],
  ['title', 'Test person aaaaaa', 'Test person zzzzzz'],
  ['company', 'Example aaaaaa', 'Example zzzzzz'],
  ['city', 'Lisbon', 'Utrecht'],
  ['state', 'Ohio', 'Oregon'],
  ['country', 'Portugal', 'Netherlands'],
  ['a_text', 'Canary aaaaaa', 'Canary zzzzzz'],
  ['a_number', 1000, 2999],
  ['a_boolean', true, false],
  ['a_date', '2001-02-01', '2001-02-28'],
];

describe('a made-up person', () => {
  it('has a value for everything that is mapped, which no field of the Hub would refuse', () => {
    for (const draw of [0, 0.25, 0.5, 0.75, 0.999]) {
      const { fields, characteristics, ...rest } = madeUp(draw);
      expect(rest).to.deep.equal({ email });
      expect([...Object.keys(fields), ...Object.keys(characteristics)]).to.have.members(
        columns.map(({ name }) => name).filter((name) => name !== 'email'),
      );
      const payload = hubPersonPayload(madeUp(draw), { projection, formats });
      expect(payload === null ? 'nobody' : validate(payload, formats)).to.deep.equal([]);
      expect(Object.keys({ ...payload?.fields, ...payload?.characteristics })).to.have.members(
        columns.map(({ name }) => name),
      );
    }
  });

  it('is nobody whom one could take for a participant', () => {
    const flat = ({ fields, characteristics }: HubPerson): object => ({ email, ...fields, ...characteristics });
    expect(flat(madeUp(0))).to.deep.equal(Object.fromEntries(ends.map(([name, first]) => [name, first])));
    expect(flat(madeUp(0.999))).to.deep.equal(Object.fromEntries(ends.map(([name, , last]) => [name, last])));
  });

  it('has other values than the Hub holds, wherever there are others', () => {
    for (const draw of [0, 0.3, 0.6, 0.999]) {
      const before = madeUp(draw);
      const { fields, characteristics } = madeUp(draw, before);
      for (const name of ['phone_number', 'city', 'state', 'country'] as const) {
        expect(fields[name], name).to.be.a('string').and.not.to.equal(before.fields[name]);
      }
      for (const name of ['a_number', 'a_boolean', 'a_date']) {
        expect(characteristics[name], name).to.not.equal(before.characteristics[name]);
        expect(characteristics[name], name).to.not.equal(null);
      }
    }
  });

  it('spells its word letter by letter', () => {
    let at = 0;
    const random = (): number => (at++ % 26) / 26;
    expect(generatePerson(projection, { email, before: null, random }).fields.first_name).to.equal('Canary abcdef');
  });
});
