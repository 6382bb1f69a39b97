import { expect } from 'chai';
import * as fc from 'fast-check';
import { escapeCopyField, unescapeCopyField, splitCopyLine } from '../../../src/lib/copy-text.ts';

/** Any text, with what COPY escapes in it more often than chance would have it. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('\\', '\t', '\n', '\r', '\b', '\f', '\v', 'N', 'n', 't', '.', '\0', 'é', '\u{1f600}'),
  }),
);
const value = fc.option(text);

describe('copy text', () => {
  const forms: readonly [string, string | null][] = [
    ['plain', 'plain'],
    ['', ''],
    ['\\N', null],
    ['\\\\N', '\\N'],
    ['\\\\', '\\'],
    ['a\\tb\\nc\\rd', 'a\tb\nc\rd'],
    ['\\b\\f\\v', '\b\f\v'],
    ['\\\\t', '\\t'],
    ['\\x', 'x'],
    ['N', 'N'],
    ['C:\\\\new\\\\N', 'C:\\new\\N'],
    ['\u{1f600}\\n\u{1f600}', '\u{1f600}\n\u{1f600}'],
  ];
  for (const [written, read] of forms) {
    it(`reads ${JSON.stringify(written)} as ${JSON.stringify(read)}`, () => {
      expect(unescapeCopyField(written)).to.equal(read);
      expect(splitCopyLine(`a\t${written}\tb`)).to.deep.equal(['a', read, 'b']);
    });
  }

  it('writes what would break a line as an escape, and everything else as it is', () => {
    expect(escapeCopyField('\b\f\n\r\t\v\\')).to.equal('\\b\\f\\n\\r\\t\\v\\\\');
    const others = 'bfnrtvV BFNRT / "\' \0 \u{1f600}';
    expect(escapeCopyField(others)).to.equal(others);
    expect(escapeCopyField(null)).to.equal('\\N');
  });

  it('reads the fields of a line in their order', () => {
    expect(splitCopyLine('a\t\\N\t\tb\\tc')).to.deep.equal(['a', null, '', 'b\tc']);
    expect(splitCopyLine('a\t\tb')).to.deep.equal(['a', '', 'b']);
    expect(splitCopyLine('')).to.deep.equal(['']);
  });

  it('reads back every line that it wrote', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), (values) => {
        const line = values.map(escapeCopyField).join('\t');
        expect(line).not.to.contain('\n');
        expect(splitCopyLine(line)).to.deep.equal(values);
      }),
    );
  });
});
