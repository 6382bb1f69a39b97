import { expect } from 'chai';
import { textExpression, toColumn } from '../../../../src/source/duckdb/columns.ts';

describe('the columns of DuckDB', () => {
  it('have a kind for each type, and a type that names no value', () => {
    const expected = {
      VARCHAR: 'text VARCHAR',
      UUID: 'text UUID',
      "ENUM('ada@example.test', 'b')": 'text ENUM',
      'DECIMAL(38,10)': 'number DECIMAL(38,10)',
      UHUGEINT: 'number UHUGEINT',
      BIGNUM: 'number BIGNUM',
      FLOAT: 'float FLOAT',
      BOOLEAN: 'boolean BOOLEAN',
      DATE: 'date DATE',
      TIME: 'time TIME',
      TIME_NS: 'time TIME_NS',
      'TIME WITH TIME ZONE': 'time TIME WITH TIME ZONE',
      TIMESTAMP: 'timestamp TIMESTAMP',
      TIMESTAMP_NS: 'timestamp TIMESTAMP_NS',
      'TIMESTAMP WITH TIME ZONE': 'timestamptz TIMESTAMP WITH TIME ZONE',
      BLOB: 'binary BLOB',
      JSON: 'json JSON',
      'INTEGER[]': 'json LIST',
      'DECIMAL(9,2)[3]': 'json LIST',
      'STRUCT(a INTEGER, b VARCHAR)': 'json STRUCT',
      'STRUCT(a INTEGER)[]': 'json LIST',
      'MAP(VARCHAR, INTEGER)': 'json MAP',
      INTERVAL: 'other INTERVAL',
      BIT: 'other BIT',
      'UNION(a INTEGER)': 'other UNION',
      GEOMETRY: 'other GEOMETRY',
    };
    const found = Object.keys(expected).map((type) => [type, toColumn('c', type)] as const);
    expect(Object.fromEntries(found.map(([type, column]) => [type, `${column.kind} ${column.type}`]))).to.deep.equal(
      expected,
    );
  });

  it('that cannot be sent show only whether there is a value', () => {
    expect(textExpression(toColumn('c', 'INTERVAL'), 'c0')).to.equal("case when c0 is not null then 'INTERVAL' end");
    expect(textExpression(toColumn('c', 'INTEGER[]'), 'c0')).to.equal('to_json(c0)::varchar');
  });
});
