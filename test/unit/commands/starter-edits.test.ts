import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { applyEdits, editsOf, sourceTypes } from '../../../src/commands/starter-edits.ts';
import { packageFile } from '../../../src/lib/package-file.ts';

describe('starters for other warehouses', () => {
  const files = ['config/panelsync.yaml', '.env.example'];

  for (const source of sourceTypes) {
    it(`each line that ${source} changes is in the starter for Postgres, once`, async () => {
      const texts = await Promise.all(files.map((file) => readFile(packageFile(file), 'utf8')));
      for (const [from] of editsOf[source]) {
        const found = texts.reduce((count, text) => count + text.split(from).length - 1, 0);
        expect(found, from).to.equal(1);
      }
    });
  }

  it('keeps what looks like a pattern of a replacement', () => {
    expect(applyEdits('a', [['a', "$& $' $$"]])).to.equal("$& $' $$");
  });
});
