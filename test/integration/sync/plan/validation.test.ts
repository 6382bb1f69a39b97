import { expect } from 'chai';
import type { Rejection } from '../../../../src/core/ports/row-lists.ts';
import type { SyncSettings } from '../../../../src/core/settings.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';

describe('dirty data', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(() => panel.reset());
  after(() => panel.close());

  async function rejections(): Promise<Readonly<Record<string, readonly string[]>>> {
    const list: readonly Rejection[] = await (await panel.records()).rejections('panel', null);
    return Object.fromEntries(list.map(({ key, by, code, message }) => [key, [by, code, message]]));
  }

  it('lets e-mails that are no e-mails out by the door of the invalid, each with its reason', async () => {
    await panel.setPeople([
      { email: null, first_name: 'Null' },
      { email: '  \t ', first_name: 'Blank' },
      { email: 'no-at-sign' },
      { email: 'a..b@example.test' },
      { email: 'two@@example.test' },
      { email: `${'x'.repeat(65)}@example.test` },
      { email: `long@${'x'.repeat(400)}.test` },
      { email: ' Fine@Example.TEST ', first_name: 'Fine' },
      { email: 'jürgen@müller.example', first_name: 'Jürgen' },
    ]);
    const report = await panel.run();
    expect([report.status, nonZeroRows(report)]).to.deep.equal(['partial', { read: 9, invalid: 7, inserted: 2 }]);
    expect(Object.keys(panel.people())).to.deep.equal(['fine@example.test', 'jürgen@müller.example']);
    expect(panel.people()['fine@example.test']).to.include({ email: 'Fine@Example.TEST' });
    const malformed = ['validation', 'email_invalid', 'the e-mail is malformed'];
    expect(await rejections()).to.deep.equal({
      '(row 1)': ['validation', 'email_missing', 'the row has no e-mail'],
      '(row 2)': ['validation', 'email_missing', 'the row has no e-mail'],
      '(row 7)': ['validation', 'key_too_long', 'the key is longer than 320 characters'],
      'no-at-sign': malformed,
      'a..b@example.test': malformed,
      'two@@example.test': malformed,
      [`${'x'.repeat(65)}@example.test`]: malformed,
    });
  });

  it('takes e-mails that differ in case, blanks or Unicode form for one person', async () => {
    await panel.setPeople([
      { email: 'Zoë@example.test'.normalize('NFD'), first_name: 'First' },
      { email: ' zoë@EXAMPLE.test ', first_name: 'Second' },
      { email: '\u00a0ZOË@example.test', first_name: 'Third' },
    ]);
    const report = await panel.run();
    expect(nonZeroRows(report)).to.deep.equal({ read: 3, duplicate: 2, inserted: 1 });
    expect(panel.people()['zoë@example.test']).to.include({ first_name: 'First' });
  });

  it('carries names, emoji, right-to-left text and every escape unharmed', async () => {
    const names = [
      "O'Brien",
      'Zoë',
      '👩🏽‍🚀 Ada',
      'مرحبا بالعالم',
      '"quoted" \\N \\t',
      '{"a": 1}',
      '$1; drop table people;--',
    ];
    await panel.setPeople(
      names.map((first_name, at) => ({ email: `p${at}@example.test`, first_name, plan: first_name })),
    );
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: names.length, inserted: names.length });
    expect(Object.values(panel.people()).map((person) => person['first_name'])).to.deep.equal(names);
    expect(await panel.snapshot()).to.deep.equal(panel.people());
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: names.length, unchanged: names.length });
  });

  it('keeps tabs, line breaks and backslashes of a characteristic and makes one space of them in a field', async () => {
    const lines = 'one\ttwo\nthree\\four\r\n\\.\nend';
    await panel.setPeople([
      { email: 'lines@example.test', plan: lines },
      { email: 'tab@example.test', city: ' New\r\n\tYork  City ' },
      { email: 'bell@example.test', plan: 'ding\u0007' },
    ]);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 3, invalid: 1, inserted: 2 });
    expect(panel.people()['tab@example.test']).to.include({ city: 'New York City' });
    expect(panel.people()['lines@example.test']).to.include({ plan: lines });
    expect(Object.values(await rejections()).map(([, code]) => code)).to.deep.equal(['control_character']);
  });

  it('leaves an invalid value out where its field says so, and says how many', async () => {
    const rules = { city: { write: 'always', onInvalid: 'omit' } } as const;
    const mapping = { ...defaultSync.mapping, rules };
    await panel.setPeople([
      { email: 'ada@example.test', first_name: 'Ada', city: 'Rome\u0007 1' },
      { email: 'bob@example.test', city: 'Oslo' },
    ]);
    const report = await panel.run({ sync: { mapping } });
    expect(nonZeroRows(report)).to.deep.equal({ read: 2, inserted: 2 });
    expect(report.notes).to.include(
      '1 of 2 values of city is invalid and left out (50 %), such as "xxxx? 9" (letters and digits are masked). Correct the model.',
    );
    expect(panel.people()['ada@example.test']).not.to.have.property('city');
    expect(nonZeroRows(await panel.run({ sync: { mapping } }))).to.deep.equal({ read: 2, unchanged: 2 });
  });

  it('tolerates invalid and rejected rows up to their shares, and says so', async () => {
    const statusOf = async (invalidPercent: number, rejectedPercent: number): Promise<readonly unknown[]> => {
      await panel.reset();
      panel.hub.setOptions({ rejectedEmails: ['bob@example.test'] });
      await panel.setPeople([
        ...Array.from({ length: 8 }, (_, at) => ({ email: `p${at}@example.test` })),
        { email: 'bob@example.test' },
        { email: 'nobody' },
      ]);
      const { status, notes } = await panel.run({ sync: { tolerate: { invalidPercent, rejectedPercent } } });
      return [status, ...notes.filter((note) => note.includes('tolerance'))];
    };
    expect(await statusOf(9.9, 10)).to.deep.equal(['partial']);
    expect(await statusOf(10, 9.9)).to.deep.equal(['partial']);
    expect(await statusOf(10, 10)).to.deep.equal([
      'succeeded',
      'Within the tolerance of the sync: 1 invalid (tolerate.invalidPercent 10) and 1 rejected (tolerate.rejectedPercent 10) of 10 rows. The run counts as succeeded.',
    ]);
  });

  it('names what is too long, every fault of a row at once, and sends the rest', async () => {
    await panel.setPeople([
      { email: 'both@example.test', first_name: 'x'.repeat(10_240), city: 'y'.repeat(256) },
      { email: 'note@example.test', plan: 'z'.repeat(10_240) },
      { email: 'edge@example.test', first_name: 'x'.repeat(255), plan: 'z'.repeat(5000) },
    ]);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 3, invalid: 2, inserted: 1 });
    const list = await (await panel.records()).rejections('panel', null);
    expect(
      list.map(({ key, faults }) => [key, faults.map(({ field, message }) => `${field}: ${message}`)]),
    ).to.deep.equal([
      [
        'both@example.test',
        [
          'first_name: 10240 characters, more than the maximum of 255',
          'city: 256 characters, more than the maximum of 255',
        ],
      ],
      ['note@example.test', ['characteristics.plan: 10240 characters, more than the maximum of 5000']],
    ]);
  });

  it('refuses numbers and dates that nobody could read, and says why', async () => {
    const cases: readonly (readonly [string, string])[] = [
      ["'NaN'::float8", 'not_finite'],
      ["'-infinity'::float8", 'not_finite'],
      ["'NaN'::numeric", 'not_finite'],
      ['9007199254740993::bigint', 'number_too_large'],
      ['1e30::numeric', 'number_too_large'],
      ["'0044-03-15 BC'::date", 'date_out_of_range'],
      ["'infinity'::date", 'date_out_of_range'],
      ["'-infinity'::timestamptz", 'date_out_of_range'],
      ["'12345-01-01'::timestamp", 'date_out_of_range'],
      ["'2024-02-29'::date", ''],
      ['-0.0::numeric', ''],
    ];
    for (const [at, [value, code]] of cases.entries()) {
      const model = { sql: `select 'p@example.test' as email, ${value} as x`, location: 'models/odd.sql' };
      const mapping: SyncSettings['mapping'] = {
        fields: { email: 'email' },
        characteristics: { x: { column: 'x', type: null } },
      };
      const name = `odd-${at}`;
      await panel.run({ sync: { ...defaultSync, name, model, mapping } });
      const [rejection] = await (await panel.records()).rejections(name, null);
      expect(rejection?.code ?? '', value).to.equal(code);
      if (rejection !== undefined) expect(rejection.field).to.equal('characteristics.x');
    }
    expect(panel.people()['p@example.test']).to.deep.equal({ email: 'p@example.test', x: 0 });
  });
});
