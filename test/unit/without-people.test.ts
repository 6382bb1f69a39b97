import { expect } from 'chai';
import { PanelsyncError } from '../../src/core/errors.ts';
import { errorWithoutPeople, withoutPeople } from '../../src/sync/without-people.ts';

const fields = {
  email: 'Wilma@example.test',
  first_name: "Wilhelmina O'Dell",
  last_name: 'Öttl-(Ray)',
  phone_number: '+493012345678',
  city: 'Rome',
};
const rows = [{ payload: JSON.stringify({ fields, characteristics: {} }) }, { payload: '{"fields":{}}' }];

describe('words of the Hub without people', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['wilma@example.test is taken', '… is taken'],
    ['somebody+else@example.test is taken', '… is taken'],
    ["nobody is called WILHELMINA O'DELL", 'nobody is called …'],
    ['no Dell, no "öttl", no Wilhelmina', 'no …, no "…", no …'],
    ['no Öttl-(Ray)!', 'no …!'],
    ['030 / 1234-5678 is no number', '… is no number'],
    ['+49 (30) 12345678 is no number', '… is no number'],
    ['Wilhelminaberg and Adell stay', 'Wilhelminaberg and Adell stay'],
    ['"city" must not be Rome', '"city" must not be Rome'],
    ['row 3 of 23456789 at http://10.0.0.255:65535/api', 'row 3 of 23456789 at http://10.0.0.255:65535/api'],
  ];
  for (const [words, left] of cases) {
    it(`makes "${words}" into "${left}"`, () => expect(withoutPeople(words, rows)).to.equal(left));
  }

  it('takes a name in another Unicode form for the same', () => {
    expect(withoutPeople('no Öttl here'.normalize('NFD'), rows)).to.equal('no … here');
  });

  it('leaves everything but e-mails where no row has a name', () => {
    expect(withoutPeople('Wilhelmina (a@b.test) at 030 12345678', [])).to.equal('Wilhelmina … at 030 12345678');
  });

  it('keeps everything else of an error, and an error that names nobody as it is', () => {
    const named = new PanelsyncError({ code: 'c', recovery: 'fatal', message: 'no Wilhelmina', hint: 'h', cause: 1 });
    expect(errorWithoutPeople(named, rows)).to.include({
      code: 'c',
      recovery: 'fatal',
      message: 'no …',
      hint: 'h',
      cause: 1,
    });
    const plain = new PanelsyncError({ code: 'c', recovery: 'fatal', message: 'no', hint: 'h' });
    expect(errorWithoutPeople(plain, rows)).to.equal(plain);
  });
});
