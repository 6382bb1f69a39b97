import { expect } from 'chai';
import { parseSnowflakeError, toModelError, toSourceError } from '../../../../src/source/snowflake/errors.ts';
import { snowflakeSettings } from '../../../helpers/snowflake/settings.ts';

const model = { sql: 'select 1', location: 'models/people.sql' };

describe('an error of Snowflake', () => {
  const cases: readonly (readonly [code: string, message: string, sqlState: string, kind: string])[] = [
    ['000625', "Statement 'x' has locked table 'PEOPLE'", '57014', 'busy'],
    ['000630', 'Statement reached its statement or warehouse timeout of 600 second(s)', '57014', 'timeout'],
    ['000631', 'Statement was queued for too long', '57014', 'busy'],
    ['000604', 'SQL execution canceled', '57014', 'canceled'],
    ['300002', 'Internal error', 'XX000', 'busy'],
    ['300010', 'Processing aborted by error 300010', 'XX000', 'busy'],
    ['370001', 'Internal error', 'XX000', 'busy'],
    ['000999', 'out of memory', '53200', 'busy'],
    ['000904', 'invalid identifier', '42000', 'statement'],
    ['002003', 'does not exist or not authorized', '02000', 'statement'],
    ['001003', 'syntax error', '42000', 'statement'],
    ['000606', 'No active warehouse', '57P03', 'warehouse'],
    ['090073', 'The resource monitor has exceeded its quota', '57P03', 'warehouse'],
    ['390112', 'Your session has expired', '08001', 'unreachable'],
    ['390115', 'The master token is invalid', '08001', 'unreachable'],
    ['390144', 'JWT token is invalid', '08001', 'login'],
    ['390318', 'OAuth access token expired', '08001', 'login'],
    ['390422', 'Incoming request with IP/Token is not allowed to access Snowflake', '08001', 'policy'],
  ];
  for (const [code, message, sqlState, kind] of cases) {
    it(`with the code ${code} is of the kind ${kind}`, () => {
      expect(parseSnowflakeError(Object.assign(new Error(message), { code, sqlState })).kind).to.equal(kind);
    });
  }

  it('passes where it is busy, and is for the person who wrote the model where it is the model', () => {
    const recoveryOf = (code: string, sqlState: string): unknown => {
      const thrown = Object.assign(new Error('said'), { code, sqlState });
      return toSourceError(snowflakeSettings({ url: 'http://127.0.0.1:1' }), toModelError(model, thrown, 0)).recovery;
    };
    expect(recoveryOf('300002', 'XX000')).to.equal('retriable');
    expect(recoveryOf('000904', '42000')).to.equal('usage');
    expect(recoveryOf('000008', '0A000')).to.equal('usage');
    expect(recoveryOf('100038', '22018')).to.equal('fatal');
  });
});

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
      const error = toModelError(model, thrown, 0);
      expect(error).to.be.an('error').with.property('message').that.matches(told).and.does.not.contain('Ada');
    });
  }
});
