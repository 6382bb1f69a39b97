import { expect } from 'chai';
import type { FieldResult } from '../../../../src/core/ports/canary-store.ts';
import type { HubPerson } from '../../../../src/core/model/hub-person.ts';
import { misplacedFields } from '../../../../src/sync/canary/discovery-findings.ts';

const email = 'c@example.test';

describe('what a discovery finds', () => {
  it('is a lost value that appeared in another field, and was not there before', () => {
    const lost = (field: string, sent: FieldResult['sent']): FieldResult => ({
      field,
      sent,
      status: 'dropped',
      held: null,
    });
    const fields = [lost('city', 'Oslo'), lost('title', 'Chief'), lost('characteristics.seats', 3)];
    const before: HubPerson = { email, fields: { email, company: 'Chief' }, characteristics: {} };
    const after: HubPerson = {
      email,
      fields: { email, company: 'Chief' },
      characteristics: { town: 'Oslo', other: 3 },
    };
    expect(misplacedFields(fields, before, after)).to.deep.equal([{ field: 'city', storedIn: 'characteristics.town' }]);
    expect(misplacedFields([{ ...lost('city', 'Oslo'), status: 'arrived' }], before, after)).to.deep.equal([]);
    expect(misplacedFields(fields, before, null)).to.deep.equal([]);
  });
});
