import { expect } from 'chai';
import { sourceFiles } from '../../helpers/architecture/source-files.ts';

/** What decides what becomes of a row that nobody has touched. */
const write =
  /(?:insert into|update|delete from) (?:snapshot|suppressions|forgotten)\b|resync_before = |set retry = true/;

/** Runs write these themselves, and remember no row that they have not brought to an end. */
const runWriters: ReadonlySet<string> = new Set(['state/run/ledger.ts', 'state/run/plan.ts']);

describe('whoever writes what runs rely on', () => {
  const writers = sourceFiles('src').filter(({ path, text }) => path.startsWith('state/') && write.test(text));

  it('outdates the fingerprints of the last run', () => {
    const silent = writers.filter(
      ({ path, text }) => !runWriters.has(path) && !/outdateFingerprints\(|fingerprint_generation \+ 1/.test(text),
    );
    expect(silent.map(({ path }) => path)).to.deep.equal([]);
  });

  it('is found at all', () => {
    expect(writers.map(({ path }) => path)).to.include.members([
      ...runWriters,
      'state/run/run-stores.ts',
      'state/tables/baselines.ts',
      'state/queries/forget.ts',
    ]);
  });
});
