import { expect } from 'chai';
import { PanelsyncError } from '../../../src/core/errors.ts';
import { zeroSkipCounts } from '../../../src/core/model/terms.ts';
import { characteristicsUncheckedNote, deferredNote, missNotes, suppressionNote } from '../../../src/sync/notes.ts';
import { countsWith } from '../../helpers/fixtures/plan-counts.ts';

function counts(read: number, missed: number): ReturnType<typeof countsWith> {
  return countsWith({ read, skips: { ...zeroSkipCounts, not_in_snapshot: missed } });
}

describe('notes of a report', () => {
  it('tell the way out when update mode knows hardly anybody', () => {
    const [note, ...others] = missNotes('update', counts(100, 90));
    expect(others).to.deep.equal([]);
    expect(note).to.match(/^90 of 100 rows were skipped .* baseline .* upsert mode\.$/);
  });

  it('say nothing where most people are known, nobody is missing or the mode is another one', () => {
    expect(missNotes('update', counts(100, 89))).to.deep.equal([]);
    expect(missNotes('update', counts(0, 0))).to.deep.equal([]);
    expect(missNotes('upsert', counts(100, 100))).to.deep.equal([]);
    expect(missNotes('insert', counts(100, 100))).to.deep.equal([]);
  });

  it('say how many people are withheld, why, and what to do', () => {
    const error = new PanelsyncError({ code: 'c', recovery: 'fatal', message: 'It is 3.5 times away.', hint: 'Wait.' });
    expect(suppressionNote({ batches: 1, people: 1 }, null)).to.equal(
      '1 person in 1 batch withheld: the Hub may have stored them, and they could not be looked up there. ' +
        'Every run tries it again; or look yourself, and say panelsync resolve <run> --sent or --unsent. panelsync status names the runs.',
    );
    expect(suppressionNote({ batches: 2, people: 3 }, error)).to.match(
      /^3 people in 2 batches withheld: .* looked up there \(It is 3\.5 times away\)\. Every run/,
    );
  });

  it('say what could not be checked', () => {
    expect(characteristicsUncheckedNote).to.equal(
      'The Hub does not tell which characteristics it has, so the slugs and types of the mapping were not checked before sending.',
    );
  });

  it('say how many rows are held back, and that they are not lost', () => {
    expect(deferredNote(42)).to.match(/^42 rows stay unsent .*maxSplitRequests.*\. The next run goes on with them\.$/);
  });
});
