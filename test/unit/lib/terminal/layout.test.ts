import { expect } from 'chai';
import { visibleWidth, wrapText } from '../../../../src/lib/terminal/layout.ts';

describe('layout', () => {
  const widths: readonly (readonly [string, number])[] = [
    ['', 0],
    ['abc', 3],
    ['\u001b[32mok\u001b[39m', 2],
    ['日本', 4],
    ['e\u0301', 1],
    ['👍', 2],
  ];
  for (const [text, width] of widths) {
    it(`gives ${JSON.stringify(text)} ${width} cells`, () => {
      expect(visibleWidth(text)).to.equal(width);
    });
  }

  it('breaks between words, keeps the indentation, and leaves what fits alone', () => {
    expect(wrapText('one two three', 7)).to.equal('one two\nthree');
    expect(wrapText('  one two three', 9)).to.equal('  one two\n  three');
    expect(wrapText('a  b\nlonger-than-that x', 8)).to.equal('a  b\nlonger-than-that\nx');
  });
});
