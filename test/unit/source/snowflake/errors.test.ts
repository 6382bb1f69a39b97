import { expect } from 'chai';
import { toModelError } from '../../../../src/source/snowflake/errors.ts';

describe('an error of a model in Snowflake', () => {
  const cases: readonly (readonly [code: string, said: string, told: RegExp])[] = [
    ['100038', "Numeric value 'O'Brien and Ada' is not recognized", /: Numeric value '…' is not recognized \(100038\)/],
    ['100071', 'Failed to cast variant value "Ada" to FIXED', /: Failed to cast variant value '…' to FIXED/],
    ['100132', "JavaScript execution error: Uncaught no Ada in F at 'throw'", /: a function raised an error/],
    ['100357', 'Python Interpreter Error: ValueError: Ada in function F', /: a function raised an error/],
    ['000904', "SQL compilation error: invalid identifier 'NOTHING'", /invalid identifier 'NOTHING' \(904\)/],
  ];
  for (const [code, said, told] of cases) {
    it(`with the code ${code} repeats no value of a row`, () => {
      const thrown = Object.assign(new Error(said), { code });
      const error = toModelError({ sql: 'select 1', location: 'models/people.sql' }, thrown, 0);
      expect(error).to.be.an('error').with.property('message').that.matches(told).and.does.not.contain('Ada');
    });
  }
});
