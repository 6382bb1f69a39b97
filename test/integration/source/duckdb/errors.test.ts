import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { createDuckDbFolder } from '../../../helpers/duckdb/duckdb.ts';
import type { DuckDbFolder } from '../../../helpers/duckdb/duckdb.ts';
import { panelsyncErrorOf } from '../../../helpers/thrown-error.ts';
import { readModel } from '../../../contract/source-suite.ts';

/** Stands in every broken file, and in no error. */
const person = 'secret@example.test';

const manyLines = Array.from({ length: 30_000 }, (_, n) => `p${n}@example.test,${n}\n`).join('');

const files: Readonly<Record<string, string | Buffer>> = {
  'latin1.csv': Buffer.from(`email,city\n${person},M\xfcnchen\n`, 'latin1'),
  'number.csv': `email,n\n${manyLines}${person},Mary\n`,
  'columns.csv': `email,n\n${manyLines}${person}\n`,
  'quote.csv': `email,n\n${manyLines}${person},"Mary\n${manyLines.repeat(8)}`,
  'no-header.csv': `${person},Mary\nother@example.test,Paul\n`,
  'broken.json': `[{"email":"a@example.test"},{"email":"${person}",]`,
  'cut.parquet': `PAR1${person}`,
  'one.csv': 'email,n\na@example.test,1\n',
  'two.csv': `email,city\n${person},Oslo\n`,
};

type Expected = readonly [code: string, recovery: string, text: string];

const cases: Readonly<Record<string, Expected>> = {
  "from 'latin1.csv'": ['model_data_error', 'fatal', "latin1.csv, line 2: it is not UTF-8. Name the encoding, such as read_csv('…', encoding = 'latin-1')"],
  "from 'number.csv'": ['model_data_error', 'fatal', 'number.csv, line 30,002: a value does not have the type of its column (n, BIGINT). Set the type'],
  "from 'columns.csv'": ['model_data_error', 'fatal', 'columns.csv, line 30,002: the line has another number of columns than the header'],
  "from read_csv('quote.csv', header = true, quote = '\"')": ['model_data_error', 'fatal', 'quote.csv, line 30,002: '],
  "from 'no-header.csv'": ['model_without_header', 'usage', 'looks like an e-mail'],
  "from 'broken.json'": ['model_data_error', 'fatal', 'the JSON file broken.json is malformed'],
  "from 'cut.parquet'": ['model_data_error', 'fatal', 'cut.parquet is not a complete Parquet file. Write the file again.'],
  "from read_csv(['one.csv', 'two.csv'])": ['model_data_error', 'fatal', 'the files of a pattern have different columns. Combine columns by name'],
  "from 'missing.csv'": ['model_data_error', 'fatal', 'No files found that match the pattern "missing.csv". Paths in a model start at'],
  [`select '${person}'::integer as n`]: ['model_data_error', 'fatal', 'a value cannot be converted to INT32. Use try_cast'],
  [`select error('${person}') as n`]: ['model_data_error', 'fatal', 'an invalid input error, whose text may quote values and is left out'],
  "select nobody\nfrom 'no-header.csv'": ['model_sql_error', 'usage', 'at line 1, column 8: Referenced column "nobody" not found in FROM clause. Correct the name.'],
  "select 'é' as a,\n  nobody.x\nfrom 'one.csv'": ['model_sql_error', 'usage', 'at line 2, column 3'],
}; // prettier-ignore

describe('errors of DuckDB', () => {
  let folder: DuckDbFolder;
  before(async () => {
    folder = await createDuckDbFolder();
    for (const [file, content] of Object.entries(files)) await folder.write(file, content);
    await folder.write('people.csv.gz', gzipSync('email,n\na@example.test,007\n'));
    await folder.write('people.latin1.csv', Buffer.from('email;city\nb@example.test;M\xfcnchen\n', 'latin1'));
  });
  after(() => folder.remove());

  it('name file, line and reason, and what to do, and nobody', async () => {
    for (const [sql, [code, recovery, text]] of Object.entries(cases)) {
      const error = await panelsyncErrorOf(readModel(folder.source(), sql));
      const message = `${error.message} ${error.hint}`;
      expect([error.code, error.recovery], `${sql}: ${message}`).to.deep.equal([code, recovery]);
      expect(message, sql).to.contain(text);
      expect(message, sql).not.to.match(/secret|Mary|Paul|Oslo/);
    }
  });

  it('are not raised for compressed files, other encodings and several files', async () => {
    const sql = `select email, n as value from read_csv('*.csv.gz', types = {'n': 'VARCHAR'})
      union all select email, city from read_csv('people.latin1.csv', encoding = 'latin-1')`;
    expect(await readModel(folder.source(), sql)).to.deep.equal([
      ['a@example.test', '007'],
      ['b@example.test', 'München'],
    ]);
  });

  it('name the limit of memory that a model exceeds', async () => {
    const source = folder.source({ memoryLimit: '10MB' });
    const error = await panelsyncErrorOf(
      readModel(source, "select list(email)::varchar as x from 'number.csv', range(100)"),
    );
    expect(error.message).to.contain('it needs more than sources.files.memoryLimit (10MB)');
  });
});
