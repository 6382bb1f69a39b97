import { expect } from 'chai';
import { blankTrailingSemicolons } from '../../../../src/source/snowflake/model-sql.ts';

describe('a model for Snowflake', () => {
  const cases: readonly (readonly [sql: string, wanted: string])[] = [
    ['select 1', 'select 1'],
    ['select 1;', 'select 1 '],
    ['select 1 ; ;\n', 'select 1    \n'],
    ['select 1; -- the; end', 'select 1  -- the; end'],
    ['select 1; // the; end', 'select 1  // the; end'],
    ['select 1;\n/* the; end */ ;', 'select 1 \n/* the; end */  '],
    ["select 'a;' as a;", "select 'a;' as a "],
    ["select 'it\\'s; ' as a;", "select 'it\\'s; ' as a "],
    ["select 'it''s;' as a;", "select 'it''s;' as a "],
    ['select "a;" from b;', 'select "a;" from b '],
    ['select $$a; -- $$ as a;', 'select $$a; -- $$ as a '],
  ];
  for (const [sql, wanted] of cases) {
    it(`loses the semicolons at its end: ${JSON.stringify(sql)}`, () => {
      expect(blankTrailingSemicolons(sql)).to.equal(wanted);
    });
  }

  it('keeps every semicolon behind which something follows, for the server to judge', () => {
    for (const sql of ['select 1; select 2', "select 1; 'a'", 'select 1; /* a */ b', 'select 1; delete from a -- ;']) {
      expect(blankTrailingSemicolons(sql)).to.equal(sql);
    }
    expect(blankTrailingSemicolons('select 1; select 2;')).to.equal('select 1; select 2 ');
  });
});
