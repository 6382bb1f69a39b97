import { expect } from 'chai';
import { noSkips } from '../../src/core/types.ts';
import { heldBackNote, missNote } from '../../src/sync/notes.ts';
import { countsWith } from '../helpers/plan-counts.ts';

function counts(read: number, missed: number): ReturnType<typeof countsWith> {
  return countsWith({ read, skips: { ...noSkips, not_in_snapshot: missed } });
}

describe('notes of a report', () => {
  it('tell the way out when update mode knows hardly anybody', () => {
    const [note, ...others] = missNote('update', counts(100, 90));
    expect(others).to.deep.equal([]);
    expect(note).to.match(/^90 of 100 rows were skipped .* baseline .* upsert mode\.$/);
  });

  it('say nothing where most people are known, nobody is missing or the mode is another one', () => {
    expect(missNote('update', counts(100, 89))).to.deep.equal([]);
    expect(missNote('update', counts(0, 0))).to.deep.equal([]);
    expect(missNote('upsert', counts(100, 100))).to.deep.equal([]);
    expect(missNote('insert', counts(100, 100))).to.deep.equal([]);
  });

  it('say how many rows are held back, and that they are not lost', () => {
    expect(heldBackNote(42)).to.match(/^42 rows stay unsent .*maxSplitRequests.*\. The next run goes on with them\.$/);
  });
});
