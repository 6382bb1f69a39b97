import { expect } from 'chai';
import { formatTable } from '../../../../src/lib/terminal/table.ts';
import type { Column } from '../../../../src/lib/terminal/table.ts';
import { visibleWidth } from '../../../../src/lib/terminal/layout.ts';

const columns: readonly Column[] = [
  { title: 'e-mail' },
  { title: 'reason', whenNarrow: 'wrap' },
  { title: 'run', align: 'right', whenNarrow: 'omit' },
  { title: 'last seen', whenNarrow: 'omit' },
];
const rows = [
  ['ada@example.test', 'city: longer than the 255 characters that the Hub allows', '7', '2026-01-31 10:00:00Z'],
  ['bob@example.test', 'no', '12', '2026-01-31 10:00:00Z'],
];

function table(width: number | null): string {
  return formatTable(columns, rows, { width, dim: (text) => text });
}

describe('table', () => {
  it('takes all the room that it needs where nothing limits it', () => {
    expect(table(null).split('\n')).to.deep.equal([
      'e-mail            reason                                                    run  last seen',
      'ada@example.test  city: longer than the 255 characters that the Hub allows    7  2026-01-31 10:00:00Z',
      'bob@example.test  no                                                         12  2026-01-31 10:00:00Z',
    ]);
  });

  it('leaves columns out from the right, says so, and wraps between words', () => {
    expect(table(50).split('\n')).to.deep.equal([
      'e-mail            reason                       run',
      'ada@example.test  city: longer than the 255      7',
      '                  characters that the Hub',
      '                  allows',
      'bob@example.test  no                            12',
      'Left out on a narrow terminal: last seen.',
    ]);
  });

  it('becomes a block of lines for each row where even that is too wide', () => {
    expect(table(30)).to.match(/^e-mail +ada@example\.test\nreason +city: /);
  });

  for (const width of [40, 50, 60, 80, 100, 120]) {
    it(`is never wider than ${width}`, () => {
      for (const line of table(width)
        .replace(/\nLeft out .*/, '')
        .split('\n'))
        expect(visibleWidth(line), line).to.be.at.most(width);
    });
  }
});
