import { expect } from 'chai';
import { mapCsvColumns, targetName } from '../../../../src/core/model/csv-columns.ts';
import type { Mapping } from '../../../../src/core/settings.ts';

const mapping: Mapping = {
  fields: { email: 'email', first_name: 'first', phone_number: 'phone', title: 'title' },
  characteristics: { plan_tier: { column: 'plan', type: null }, title: { column: 't', type: null } },
};

/** Header ► field of the columns that are used. */
function used(header: readonly string[], told: Readonly<Record<string, string>> = {}): object | string {
  const columns = mapCsvColumns(header, mapping, new Map(Object.entries(told)));
  if (typeof columns === 'string') return columns;
  return Object.fromEntries(columns.used.map((column) => [column.header, targetName(column.target)]));
}

describe('columns of a CSV file', () => {
  it('are recognised by their headers, whatever the case, blanks, underscores and hyphens', () => {
    expect(used(['E-mail', 'FIRST NAME', 'Phone_Number', 'Plan tier'])).to.deep.equal({
      'E-mail': 'email',
      'FIRST NAME': 'first_name',
      Phone_Number: 'phone_number',
      'Plan tier': 'characteristics.plan_tier',
    });
    expect(used(['Email Address', 'phone', 'Job title', 'characteristics.plan_tier'])).to.deep.equal({
      'Email Address': 'email',
      phone: 'phone_number',
      'Job title': 'title',
      'characteristics.plan_tier': 'characteristics.plan_tier',
    });
  });

  it('are recognised by other names that people have for them', () => {
    const names = { fields: { email: 'e', first_name: 'f', last_name: 'l' }, characteristics: {} };
    const fill = (header: string): unknown => mapCsvColumns(['email', header], names, new Map());
    for (const header of ['Family name', 'Surname']) {
      expect(fill(header)).to.have.nested.property('used[1].target.field', 'last_name');
    }
    expect(fill('Given name')).to.have.nested.property('used[1].target.field', 'first_name');
  });

  it('say what they fill, and hold the e-mail even where the sync maps none', () => {
    const plan = { fields: {}, characteristics: { plan: { column: 'p', type: null } } };
    expect(mapCsvColumns(['Plan', 'Mail address', 'email'], plan, new Map())).to.deep.equal({
      used: [
        { header: 'Plan', index: 0, target: { kind: 'characteristic', slug: 'plan' } },
        { header: 'email', index: 2, target: { kind: 'field', field: 'email' } },
      ],
      ignored: ['Mail address'],
    });
  });

  it('are not used where the sync does not map them, and told', () => {
    const columns = mapCsvColumns(['email', 'City', 'Notes'], mapping, new Map());
    expect(columns).to.deep.include({ ignored: ['City', 'Notes'] });
  });

  it('fill the fields they are mapped to, whatever their headers say', () => {
    const told = { Mail: 'email', Title: 'characteristics.title', Tier: 'characteristics.plan_tier' };
    expect(used(['Mail', 'Title', 'Tier'], told)).to.deep.equal(told);
    expect(used(['email', 'Work Mail'], { 'work mail': 'email' })).to.deep.equal({ 'Work Mail': 'email' });
  });

  it('are refused where two would fill one field, or none the e-mail', () => {
    expect(used(['email', 'First name', 'first_name'])).to.contain(
      '"First name" and "first_name" would both fill first_name',
    );
    expect(used(['name'])).to.equal('no column holds the e-mail');
  });

  it('are refused where the field they are mapped to does not exist', () => {
    expect(used(['email', 'c'], { Mail: 'email' })).to.equal('there is no column "Mail"; there are "email", "c"');
    expect(used(['email', 'c'], { c: 'city' })).to.contain('the sync maps no "city"; it maps email, first_name');
  });
});
