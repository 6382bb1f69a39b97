import { expect } from 'chai';
import { mappedColumns } from '../../../../src/commands/check/mapped-columns.ts';
import { projectMappingOrThrow } from '../../../../src/core/model/projection.ts';
import type { ColumnKind } from '../../../../src/core/model/terms.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';

describe('the columns that check lists', () => {
  const types: readonly (readonly [ColumnKind, string, boolean])[] = [
    ['number', 'numeric', true],
    ['number', 'NUMBER(10,2)', true],
    ['float', 'float8', true],
    ['number', 'int8', false],
    ['number', 'NUMBER(38,0)', false],
    ['text', 'text', false],
  ];
  for (const [kind, type, isWarned] of types) {
    it(`warn of ${type} as key: ${isWarned}`, () => {
      const columns = [
        { name: 'id', kind, type },
        { name: 'email', kind: 'text' as const, type: 'text' },
      ];
      const mapping = { fields: { email: 'email' }, characteristics: {} };
      const sync = { ...defaultSync, mode: 'insert' as const, key: 'id', mapping };
      const projection = projectMappingOrThrow(sync, columns);
      const [key] = mappedColumns(projection, {
        columns,
        rows: () => neverRead(),
        buckets: null,
        close: () => Promise.resolve(),
      });
      expect(key?.note?.includes('1.0 and 1.00 are two keys') ?? false).to.equal(isWarned);
    });
  }

  it('show the column with the age of the data, which is not sent', () => {
    const columns = [
      { name: 'email', kind: 'text', type: 'text' },
      { name: 'seen_at', kind: 'timestamptz', type: 'timestamptz' },
    ] as const;
    const mapping = { fields: { email: 'email' }, characteristics: {} };
    const sync = { ...defaultSync, mapping, freshness: { column: 'seen_at', maxAgeMs: 1 } };
    const model = { columns, rows: () => neverRead(), buckets: null, close: () => Promise.resolve() };
    const [, freshness] = mappedColumns(projectMappingOrThrow(sync, columns), model);
    expect(freshness).to.deep.include({ field: 'freshness', column: 'seen_at', fits: true });
    expect(freshness?.note).to.contain('not sent');
  });

  it('end with the identity, which is not sent', () => {
    const columns = ['email', 'id'].map((name) => ({ name, kind: 'text' as const, type: 'text' }));
    const sync = { ...defaultSync, identity: 'id', mapping: { fields: { email: 'email' }, characteristics: {} } };
    const model = { columns, rows: () => neverRead(), buckets: null, close: () => Promise.resolve() };
    const listed = mappedColumns(projectMappingOrThrow(sync, columns), model);
    expect(listed.map(({ field, column, fits }) => [field, column, fits])).to.deep.equal([
      ['email', 'email', true],
      ['identity', 'id', true],
    ]);
    expect(listed[1]?.note).to.equal('not sent: recognizes people with a new e-mail');
    const without = { ...sync, identity: 'person' };
    expect(() => projectMappingOrThrow(without, columns)).to.throw('syncs.panel.identity: the model has no column');
  });
});

function neverRead(): never {
  throw new Error('check reads no rows');
}
