import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { csvRows, fileFingerprint } from '../../../src/core/csv-file.ts';
import type { CsvRow } from '../../../src/core/csv-file.ts';
import { panelsyncErrorOf, thrownError } from '../../helpers/thrown-error.ts';

describe('a CSV file', () => {
  let directory: string;
  let path: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'panelsync-csv-'));
    path = join(directory, 'panel.csv');
  });
  after(() => rm(directory, { recursive: true }));

  async function rowsOf(content: string | Buffer, delimiter = ','): Promise<readonly CsvRow[]> {
    await writeFile(path, content);
    const rows: CsvRow[] = [];
    for await (const row of csvRows(path, delimiter)) rows.push(row);
    return rows;
  }

  it('gives its rows as RFC 4180 has them: quotes, doubled quotes, delimiters and line breaks in values', async () => {
    const rows = await rowsOf('a,b\r\n"x, y","say ""hi"""\r\n"two\r\nlines",\r\nlast,é\n');
    expect(rows).to.deep.equal([
      { line: 1, cells: ['a', 'b'] },
      { line: 2, cells: ['x, y', 'say "hi"'] },
      { line: 3, cells: ['two\r\nlines', ''] },
      { line: 5, cells: ['last', 'é'] },
    ]);
  });

  it('may have a byte order mark, another delimiter, blank lines, and no line break at its end', async () => {
    expect((await rowsOf('\uFEFFa;b\n\n1;2', ';')).map(({ cells }) => cells)).to.deep.equal([
      ['a', 'b'],
      ['1', '2'],
    ]);
    expect((await rowsOf('a\tb', '\t'))[0]?.cells).to.deep.equal(['a', 'b']);
    expect(await rowsOf('')).to.deep.equal([]);
  });

  it('may say itself what its delimiter is, as Excel has it, and be in UTF-16', async () => {
    const expected = [
      { line: 2, cells: ['a', 'b'] },
      { line: 3, cells: ['Zoë', '2'] },
    ];
    const text = 'sep=;\r\na;b\r\nZoë;2\r\n';
    expect(await rowsOf(`\uFEFF${text}`)).to.deep.equal(expected);
    for (const withMark of [text, `\uFEFF${text}`]) {
      const littleEndian = Buffer.from(withMark, 'utf16le');
      expect(await rowsOf(littleEndian)).to.deep.equal(expected);
      expect(await rowsOf(Buffer.from(littleEndian).swap16())).to.deep.equal(expected);
    }
  });

  it('is refused where its characters were broken before, with the line', async () => {
    for (const broken of ['MÃ¼nchen', 'Oâ€™Brien', 'FranÃ§ois', 'StraÃŸe']) {
      const { code, message } = await panelsyncErrorOf(rowsOf(`a,b\n1,2\n3,${broken}\n`));
      expect([code, message.includes('line 3')]).to.deep.equal(['csv_encoding', true]);
    }
    expect(await rowsOf('a,b\nÃguas,São Paulo\nâge,€5\n')).to.have.length(3);
  });

  it('may have rows of any width: the reader of the rows knows what is right', async () => {
    expect((await rowsOf('a,b\n1\n1,2,3')).map(({ cells }) => cells.length)).to.deep.equal([2, 1, 3]);
  });

  it('is refused with the line where it stops being CSV, and  of what stands there', async () => {
    const cases: readonly [string, number, RegExp][] = [
      ['a,b\n1,2\nAda,"never closed\n3,4\n', 3, /quote is opened and never closed/],
      ['a,b\n"Ada"x,2\n', 2, /follows a closing quote/],
      ['a,b\n1,2\nAd"a,2\n', 3, /quote stands in the middle/],
      [`a,b\n"${'x'.repeat(5_000_000)}`, 2, /more than 4 million characters/],
    ];
    for (const [content, line, words] of cases) {
      const error = await panelsyncErrorOf(rowsOf(content));
      expect(error.code).to.equal('csv_broken');
      expect(error.message).to.contain(`from line ${line} on`).and.to.match(words);
      expect(error.message).not.to.contain('Ada');
    }
  });

  it('is refused when it is not UTF-8, also where a character is cut by the end', async () => {
    for (const bytes of [Buffer.from('a\nM\xfcller\n', 'latin1'), Buffer.from('é').subarray(0, 1)]) {
      expect((await panelsyncErrorOf(rowsOf(bytes))).code).to.equal('csv_encoding');
    }
  });

  it('is refused when it cannot be read', async () => {
    for (const wrong of [join(directory, 'nobody.csv'), directory]) {
      const mark = await thrownError(fileFingerprint(wrong));
      expect(mark, wrong).to.have.property('code', 'csv_unreadable');
    }
  });

  it('has a mark that changes with it', async () => {
    await writeFile(path, 'a\n1\n');
    const before = await fileFingerprint(path);
    expect(await fileFingerprint(path)).to.equal(before);
    await writeFile(path, 'a\n2\n');
    expect(await fileFingerprint(path)).not.to.equal(before);
  });

  it('is let go when nobody wants more of it', async () => {
    await writeFile(path, 'a\n'.repeat(100_000));
    for await (const { line } of csvRows(path, ',')) if (line === 3) break;
    await rm(path);
  });
});
