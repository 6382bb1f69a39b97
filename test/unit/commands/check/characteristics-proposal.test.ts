import { expect } from 'chai';
import type { Projection } from '../../../../src/core/model/projection.ts';
import type { Column } from '../../../../src/core/model/terms.ts';
import { definitionsText, proposalText } from '../../../../src/commands/check/characteristics-proposal.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';

function column(name: string, kind: Column['kind']): Column {
  return { name, kind, type: kind };
}

const [email, plan] = [column('email', 'text'), column('plan', 'text')];
const rule = { write: 'always', onInvalid: 'reject' } as const;
const projection: Projection = {
  positions: [],
  fields: [{ field: 'email', index: 0, column: email, ...rule }],
  characteristics: [{ slug: 'plan', type: 'text', index: 1, column: plan, ...rule }],
  phoneCountry: null,
  identity: null,
  freshness: null,
  hasWriteRules: false,
  sync: defaultSync,
  fingerprint: '',
};

describe('the characteristics that check lists', () => {
  it('come with their types', () => {
    expect(
      definitionsText([
        { slug: 'plan', type: 'text', name: 'Plan' },
        { slug: 'x', type: null, name: null },
      ]),
    ).to.equal('The Hub defines plan (text), x (no type).');
    const many = Array.from({ length: 103 }, (_, at) => ({ slug: `c${at}`, type: 'text', name: null }));
    expect(definitionsText(many)).to.contain('c99 (text), and 3 more.').and.not.to.contain('c100');
  });

  it('are proposed for columns that look alike and are not mapped yet', () => {
    const columns = [
      email,
      plan,
      column('SEAT_COUNT', 'number'),
      column('renewed on', 'text'),
      column('extra', 'json'),
    ];
    const text = proposalText(projection, columns, [
      { slug: 'plan', type: 'text', name: 'Plan' },
      { slug: 'seat-count', type: 'number', name: null },
      { slug: 'c7', type: 'date', name: 'Renewed on' },
      { slug: 'extra', type: 'text', name: null },
      { slug: 'zodiac', type: 'text', name: null },
      { slug: 'email', type: 'text', name: null },
    ]);
    expect(text?.split('\n').slice(1)).to.deep.equal([
      '  seat-count: SEAT_COUNT',
      '  c7: { column: "renewed on", type: date }',
    ]);
    expect(proposalText(projection, columns, [{ slug: 'zodiac', type: 'text', name: null }])).to.equal(null);
  });
});
