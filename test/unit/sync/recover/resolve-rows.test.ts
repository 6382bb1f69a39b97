import { expect } from 'chai';
import type { HubPerson } from '../../../../src/core/model/hub-person.ts';
import type { OutboxRow } from '../../../../src/core/ports/run/ledger.ts';
import { projectMappingOrThrow } from '../../../../src/core/model/projection.ts';
import type { Column, Payload } from '../../../../src/core/model/terms.ts';
import { formats } from '../../../../src/core/formats.ts';
import { resolveRows, lookupKey } from '../../../../src/sync/recover/resolve-rows.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';

const mapping = {
  fields: { email: 'email', first_name: 'first_name', city: 'city', phone_number: 'phone' },
  characteristics: { plan: { column: 'plan', type: null }, age: { column: 'age', type: null } },
};
const columns = ['email', 'first_name', 'city', 'phone', 'plan', 'age'].map((name): Column => {
  const kind = name === 'age' ? 'number' : 'text';
  return { name, kind, type: kind };
});

function row(fields: Payload['fields'], characteristics: Payload['characteristics'] = {}): OutboxRow {
  const payload = JSON.stringify({ fields, characteristics });
  return { seq: 1, key: 'key', payload, previouslyRejected: false, isRemoval: false };
}

function person(fields: HubPerson['fields'], characteristics: HubPerson['characteristics'] = {}): HubPerson {
  return { email: 'Ada@Example.test', fields: { email: 'Ada@Example.test', ...fields }, characteristics };
}

function outcome(sent: OutboxRow, held: HubPerson | null, nulls: 'omit' | 'null' = 'omit'): string {
  const people = new Map(held === null ? [] : [['ada@example.test', held]]);
  const projection = projectMappingOrThrow({ ...defaultSync, mapping, nulls }, columns);
  const {
    applied: arrived,
    conflicting: taken,
    notApplied: absent,
  } = resolveRows([sent], people, { projection, formats });
  if (arrived.length > 0) return 'arrived';
  if (absent.length > 0) return 'absent';
  return taken[0]?.payload ?? 'left out';
}

const email = 'ada@example.test';

describe('what the Hub holds, against what was sent', () => {
  it('is the same when every field that was sent is there, whatever else is', () => {
    const sent = row({ email, first_name: 'Ada', city: 'Rome' }, { plan: 'pro', age: 42 });
    const held = person({ first_name: 'Ada', city: ' Rome ', title: 'Dr' }, { plan: 'pro', age: '42', other: true });
    expect(outcome(sent, held)).to.equal('arrived');
  });

  it('is the same phone number in another form', () => {
    expect(
      outcome(row({ email, phone_number: '+12025550123' }), person({ phone_number: '+1 (202) 555-0123' })),
    ).to.equal('arrived');
  });

  it('is somebody else’s when a field that was sent differs or is missing there', () => {
    const sent = row({ email, first_name: 'Ada' }, { plan: 'pro' });
    const other = '{"fields":{"email":"Ada@Example.test","first_name":"Ada","city":"Oslo"},"characteristics":{}}';
    expect(outcome(sent, person({ first_name: 'Ada', city: 'Oslo', company: 'X' }))).to.equal(other);
    expect(outcome(row({ email, first_name: 'Ada' }), person({ first_name: 'Eve' }))).to.contain('Eve');
  });

  it('is taken with nulls where the sync sends them', () => {
    const other =
      '{"fields":{"email":"Ada@Example.test","first_name":null,"phone_number":null,"city":"Oslo"},"characteristics":{"age":null,"plan":null}}';
    expect(outcome(row({ email, city: null }), person({ city: 'Oslo' }), 'null')).to.equal(other);
    expect(outcome(row({ email, city: null }), person({ city: null }), 'null')).to.equal('arrived');
  });

  it('is nothing when the entry that is there stands for nobody', () => {
    const endless = `${'x'.repeat(5000)}@example.test`;
    const people = new Map([[endless, { ...person({ city: 'Rome' }), email: endless }]]);
    const projection = projectMappingOrThrow({ ...defaultSync, mapping }, columns);
    const sent = row({ email: endless, city: 'Rome' });
    expect(resolveRows([sent], people, { projection, formats })).to.deep.equal({
      applied: [],
      conflicting: [],
      notApplied: [sent],
    });
  });

  it('is nothing when the person is not there', () => {
    expect(outcome(row({ email, city: 'Rome' }), null)).to.equal('absent');
  });

  it('cannot be told of a row without an e-mail', () => {
    expect(outcome(row({ city: 'Rome' }), null)).to.equal('left out');
    expect(lookupKey(row({ city: 'Rome' }))).to.equal(null);
    expect(lookupKey(row({ email: ' Ada@Example.test' }))).to.equal(email);
  });
});
