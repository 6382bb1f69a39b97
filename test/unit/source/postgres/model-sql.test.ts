import { expect } from 'chai';
import * as fc from 'fast-check';
import { lineAndColumn, blankSemicolons } from '../../../../src/source/postgres/model-sql.ts';

describe('text of a model', () => {
  const texts: readonly [string, string, string][] = [
    ['a statement without one', 'select 1', 'select 1'],
    ['the end of a statement', 'select 1;', 'select 1 '],
    ['several at the end', 'select 1 ; ;\n', 'select 1    \n'],
    ['a string', "select 'a;b''c;';", "select 'a;b''c;' "],
    ['an escape string', "select E'\\';', e'\\\\';", "select E'\\';', e'\\\\' "],
    ['a plain string that ends in a backslash', "select '\\';", "select '\\' "],
    ['a quoted name', 'select 1 as "a;""b;";', 'select 1 as "a;""b;" '],
    ['a line comment', 'select 1 -- done;\n;', 'select 1 -- done;\n '],
    ['a comment at the very end', 'select 1; -- done;', 'select 1  -- done;'],
    ['a nested comment', '/* a; /* b; */ c; */ select 1;', '/* a; /* b; */ c; */ select 1 '],
    ['a comment that never ends', 'select 1 /* ;', 'select 1 /* ;'],
    ['a dollar quote', 'select $$a;b$$;', 'select $$a;b$$ '],
    ['a named dollar quote', 'select $q$a;$$;b$q$;', 'select $q$a;$$;b$q$ '],
    ['a dollar quote that never ends', 'select $q$a;$$;', 'select $q$a;$$;'],
    ['dollars inside a name', 'select a$b$ from t; select 2', 'select a$b$ from t  select 2'],
    ['a parameter', 'select $1;', 'select $1 '],
    ['a string after a word', "select date'2024-01-01;';", "select date'2024-01-01;' "],
    ['a quote in a comment', "select 1 -- it's;\n;", "select 1 -- it's;\n "],
    ['a comment in a string', "select '--';", "select '--' "],
  ];
  for (const [name, sql, expected] of texts) {
    it(`loses the semicolons that end statements, around ${name}`, () => {
      expect(blankSemicolons(sql)).to.equal(expected);
    });
  }

  it('keeps every other character in its place', () => {
    const part = fc.constantFrom(';', "'", '"', '$$', '$q$', '--', '/*', '*/', '\n', "E'", '\\', 'a', 'é', ' ');
    fc.assert(
      fc.property(
        fc.array(part).map((parts) => parts.join('')),
        (sql) => {
          const text = blankSemicolons(sql);
          expect(text).to.have.length(sql.length);
          expect(text.replaceAll(';', ' ')).to.equal(sql.replaceAll(';', ' '));
        },
      ),
    );
  });

  const places: readonly [number, number, number][] = [
    [0, 1, 1],
    [6, 1, 7],
    [7, 2, 1],
    [9, 2, 3],
    [-5, 1, 1],
  ];
  for (const [offset, line, column] of places) {
    it(`finds place ${offset} in line ${line}, column ${column}`, () => {
      expect(lineAndColumn('select\n  1', offset)).to.deep.equal({ line, column });
    });
  }
});
