import { expect } from 'chai';
import { csvLine } from '../../../src/lib/csv.ts';

describe('a line of CSV', () => {
  it('quotes what would end a cell, and leaves absent values empty', () => {
    expect(csvLine(['a', null, 7, 'say "hi"', 'x,y', 'two\r\nlines', true, ''])).to.equal(
      'a,,7,"say ""hi""","x,y","two\r\nlines",true,',
    );
  });

  it('starts no formula of a spreadsheet', () => {
    for (const text of ['=1+1', '+49 30 1', '-2', '@SUM(A1)', '\tx']) {
      expect(csvLine([text]), text).to.equal(`'${text}`);
    }
    expect(csvLine(['=HYPERLINK("http://x","y")'])).to.equal('"\'=HYPERLINK(""http://x"",""y"")"');
    expect(csvLine([-2, 'a=b', 'ada+x@example.test'])).to.equal('-2,a=b,ada+x@example.test');
  });
});
