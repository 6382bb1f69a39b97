import { expect } from 'chai';
import { PanelsyncError } from '../../../../src/core/errors.ts';
import { redactPeople } from '../../../../src/core/model/redaction/redaction.ts';
import { redactError } from '../../../../src/sync/deliver/redact-error.ts';

const fields = {
  email: 'Wilma@example.test',
  first_name: "Wilhelmina O'Dell",
  last_name: 'Öttl-(Ray)',
  phone_number: '+493012345678',
  city: 'Rome',
};
const rows = [rowOf(fields), rowOf({})];

function rowOf(person: Readonly<Record<string, string | null>>): { readonly payload: string } {
  return { payload: JSON.stringify({ fields: person, characteristics: {} }) };
}

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
    it(`makes "${words}" into "${left}"`, () => expect(redactPeople(words, rows)).to.equal(left));
  }

  const others: readonly (readonly [string, Readonly<Record<string, string | null>>, string, string])[] = [
    ['takes no letter that stands alone for a name', { first_name: 'Ada B' }, 'plan B: no Ada', 'plan B: no …'],
    ['takes a phone number of seven digits out', { phone_number: '5551234' }, '555-1234 is taken', '… is taken'],
    ['takes no shorter number for a phone', { phone_number: '112' }, 'row 112 is bad', 'row 112 is bad'],
    [
      'looks for nothing in fields that are null',
      { first_name: null, last_name: null, phone_number: null },
      'null',
      'null',
    ],
  ];
  for (const [name, person, words, left] of others) {
    it(name, () => expect(redactPeople(words, [rowOf(person)])).to.equal(left));
  }

  it('takes the longer of two names that begin alike', () => {
    const both = [rowOf({ first_name: 'Ann' }), rowOf({ first_name: 'Ann-Marie' })];
    expect(redactPeople('no Ann-Marie and no Ann', both)).to.equal('no … and no …');
  });

  it('takes a name in another Unicode form for the same', () => {
    expect(redactPeople('no Öttl here'.normalize('NFD'), rows)).to.equal('no … here');
  });

  it('leaves everything but e-mails where no row has a name', () => {
    expect(redactPeople('Wilhelmina (a@b.test) at 030 12345678', [])).to.equal('Wilhelmina … at 030 12345678');
  });

  it('keeps everything else of an error, and an error that names nobody as it is', () => {
    const named = new PanelsyncError({ code: 'c', recovery: 'fatal', message: 'no Wilhelmina', hint: 'h', cause: 1 });
    expect(redactError(named, rows)).to.include({
      code: 'c',
      recovery: 'fatal',
      message: 'no …',
      hint: 'h',
      cause: 1,
    });
    const plain = new PanelsyncError({ code: 'c', recovery: 'fatal', message: 'no', hint: 'h' });
    expect(redactError(plain, rows)).to.equal(plain);
  });
});
