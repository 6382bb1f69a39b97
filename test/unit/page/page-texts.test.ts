import { expect } from 'chai';
import { formatElapsed, formatRelative } from '../../../src/page/parts/relative-time.ts';
import { highlightSql, highlightYaml } from '../../../src/page/parts/code/highlight.ts';
import type { Span } from '../../../src/page/parts/code/highlight.ts';

const now = Date.parse('2026-11-29T12:00:00Z');
const second = 1000;
const hour = 3_600_000;
const day = 24 * hour;

describe('times of the page', () => {
  it('say how long ago something was, or when it will be', () => {
    const relative = (distanceMs: number): string => formatRelative(now + distanceMs, now);
    expect([-2 * second, 3 * second].map(relative)).to.deep.equal(['now', 'now']);
    expect([-12 * second, 70 * second].map(relative)).to.deep.equal(['12 s ago', 'in 1 min']);
    expect([-59.9 * 60 * second, 5.2 * hour].map(relative)).to.deep.equal(['59 min ago', 'in 5 h']);
    expect([-1.9 * day, -30 * day].map(relative)).to.deep.equal(['1 day ago', '30 days ago']);
    expect(relative(-90 * day)).to.equal('2026-08-31');
  });

  it('say how long something took', () => {
    const spans = [12.4, 999, 3210, 45_600, 125_000, 2 * hour + 4 * 60_000];
    expect(spans.map(formatElapsed)).to.deep.equal(['12 ms', '999 ms', '3.2 s', '46 s', '2 min 5 s', '2 h 4 min']);
  });
});

describe('highlighting', () => {
  const marked = (spans: readonly Span[]): readonly string[] =>
    spans.filter(({ kind }) => kind !== 'plain').map(({ kind, text }) => `${kind} ${text}`);
  const textOf = (spans: readonly Span[]): string => spans.map(({ text }) => text).join('');

  it('knows what is what in SQL, and changes no character', () => {
    const sql = `-- people 'of today'
select "E-mail", 'it''s -- text' as note, $$select$$, 12.5, selected /* from
where */ from people where x_1 = 2`;
    const spans = highlightSql(sql);
    expect(textOf(spans)).to.equal(sql);
    expect(marked(spans)).to.deep.equal([
      "comment -- people 'of today'",
      'keyword select',
      'name "E-mail"',
      "string 'it''s -- text'",
      'keyword as',
      'string $$select$$',
      'number 12.5',
      'comment /* from\nwhere */',
      'keyword from',
      'keyword where',
      'number 2',
    ]);
  });

  it('survives SQL that never ends', () => {
    for (const sql of ["select 'open", 'select /* open', 'select "open', 'select $a$ open', '']) {
      expect(textOf(highlightSql(sql))).to.equal(sql);
    }
  });

  it('knows keys, texts, numbers and comments of YAML', () => {
    const yaml = `source: # where from
  url: postgres://host:5432/db#fragment
  note: "a # b"
guards: { minRows: 10, maxRemovedPercent: 50 }
`;
    const spans = highlightYaml(yaml);
    expect(textOf(spans)).to.equal(yaml);
    expect(marked(spans)).to.deep.equal([
      'keyword source',
      'comment # where from',
      'keyword url',
      'keyword note',
      'string "a # b"',
      'keyword guards',
      'keyword minRows',
      'number 10',
      'keyword maxRemovedPercent',
      'number 50',
    ]);
  });
});
