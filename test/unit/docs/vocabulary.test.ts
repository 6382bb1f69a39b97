import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { sourceFiles } from '../../helpers/architecture/source-files.ts';
import type { SourceFile } from '../../helpers/architecture/source-files.ts';
import { textsOf, vocabularyIssues } from '../../helpers/architecture/vocabulary.ts';
import type { TextSpan } from '../../helpers/architecture/vocabulary.ts';

const sources = sourceFiles('src');
const rooms = [...new Set(sources.map(roomOf))];

const pages = [
  'README.md',
  'CHANGELOG.md',
  ...[
    'architecture',
    'configuration',
    'contributing',
    'decisions',
    'hub',
    'page',
    'privacy',
    'running',
    'sql',
    'state',
    'tested',
    'troubleshooting',
  ].map((name) => `docs/${name}.md`),
];

function roomOf({ path }: SourceFile): string {
  return path.split('/')[0] ?? '';
}

function linesOf(text: string): readonly TextSpan[] {
  return text.split('\n').map((line, at) => ({ line: at + 1, text: line }));
}

/** Between tags, every word is text. */
function textsIn({ path, text }: SourceFile): readonly TextSpan[] {
  return path.endsWith('.tsx') ? linesOf(text) : textsOf(text);
}

function expectNone(issues: readonly string[]): void {
  expect(issues, `\n${issues.join('\n')}\n`).to.deep.equal([]);
}

describe('the vocabulary', () => {
  for (const page of pages) {
    it(`is used in ${page}`, async () => {
      expectNone(vocabularyIssues(page, linesOf(await readFile(page, 'utf8'))));
    });
  }

  for (const room of rooms) {
    it(`is used in comments and strings of src/${room}`, () => {
      const files = sources.filter((file) => roomOf(file) === room);
      expectNone(files.flatMap(({ path, text }) => vocabularyIssues(`src/${path}`, textsIn({ path, text }))));
    });
  }

  it('names the file, the line, the word and the term', () => {
    const text = "const a = 'fine';\n/* A row\n in doubt. */\nconst b = `told`; // the slot\n";
    expect(vocabularyIssues('a.ts', textsOf(text))).to.deep.equal([
      'a.ts:3 "doubt": write unknown outcome',
      'a.ts:4 "told": write reports, says, shows, logs',
      'a.ts:4 "slot": write scheduled time',
    ]);
  });

  it('is looked for in texts only, and leaves contract names alone', () => {
    const text = "import { slot } from './slot.ts';\nconst told = /told '/;\nconst m = 'panelsync_people_withheld';\n";
    expect(vocabularyIssues('a.ts', textsOf(text))).to.deep.equal([]);
  });
});
