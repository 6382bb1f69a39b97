import { expect } from 'chai';
import { escapeJson, sanitize, sanitizeOutput } from '../../../../src/lib/terminal/printable.ts';

describe('what is printed', () => {
  it('holds no character from outside that a terminal obeys or that turns the direction of text', () => {
    expect(sanitize('a\u001b[31mb\nc\u202ed\u2028e é\u{1f600}')).to.equal(
      'a\ufffd[31mb\ufffdc\ufffdd\ufffde é\u{1f600}',
    );
    expect(sanitize('\u0007\u009b2J\u200f\u061c\u2066')).to.equal('\ufffd\ufffd2J\ufffd\ufffd\ufffd');
  });

  it('keeps the lines and colours of ours, and no other sequence', () => {
    expect(sanitizeOutput('\u001b[32mok\u001b[39m\n\u001b[2J\tx\u001b]0;title\u0007', true)).to.equal(
      '\u001b[32mok\u001b[39m\n\ufffd[2J  x\ufffd]0;title\ufffd',
    );
    expect(sanitizeOutput('\u001b[30mhidden\u001b[8m', true)).to.equal('\ufffd[30mhidden\ufffd[8m');
  });

  it('has no colours where nothing of ours is coloured', () => {
    expect(sanitizeOutput('file \u001b[32mok\u001b[39m\nx', false)).to.equal('file \ufffd[32mok\ufffd[39m\nx');
  });

  it('is the same document as JSON, with such characters as escapes', () => {
    const document = { slug: 'a\u009b2J\u202e\u007f\u2028\u001b', lines: ['x\ny'] };
    const json = escapeJson(JSON.stringify(document, null, 2));
    expect(JSON.parse(json)).to.deep.equal(document);
    expect(/[\u007f-\u009f\u202e\u2028]/.test(json)).to.equal(false);
  });
});
