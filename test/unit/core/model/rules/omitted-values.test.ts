import { expect } from 'chai';
import { OmittedValues } from '../../../../../src/core/model/rules/omitted-values.ts';
import { columnsOf, projectionOf } from '../../../../helpers/fixtures/projection.ts';

describe('counts of values that are left out', () => {
  it('count what a row has, whatever a characteristic is called', () => {
    const projection = projectionOf(
      {
        mapping: {
          fields: { email: 'email' },
          characteristics: Object.fromEntries([['constructor', { column: 'note', type: 'number' as const }]]),
          rules: { 'characteristics.constructor': { write: 'always', onInvalid: 'omit' } },
        },
      },
      columnsOf(['email', 'note']),
    );
    const counts = new OmittedValues(projection);
    const fields = { email: 'ada@example.test' };
    counts.add({ payload: { fields, characteristics: {} }, omitted: [] });
    counts.add({ payload: { fields, characteristics: { constructor: 7 } }, omitted: [] });
    const text = 'n/a';
    counts.add({ payload: { fields, characteristics: {} }, omitted: [{ field: 'characteristics.constructor', text }] });
    expect(counts.counts()).to.deep.equal([
      { field: 'characteristics.constructor', omitted: 1, values: 2, shapes: ['x/x'] },
    ]);
  });
});
