import { expect } from 'chai';
import { PanelsyncError } from '../../../src/core/errors.ts';
import { zeroSkipCounts } from '../../../src/core/model/terms.ts';
import {
  appliedNote,
  characteristicsUncheckedNote,
  deferredNote,
  fullWithLimitNotes,
  keptNotes,
  omittedNotes,
  missNotes,
  resentNotes,
  suppressionNote,
} from '../../../src/sync/notes.ts';
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

  it('say how many people are suppressed, why, and what to do', () => {
    const error = new PanelsyncError({ code: 'c', recovery: 'fatal', message: 'It is 3.5 times away.', hint: 'Wait.' });
    expect(suppressionNote({ batches: 1, people: 1 }, null)).to.equal(
      '1 person in 1 batch suppressed: the Hub may have stored them, and they could not be looked up there. ' +
        'Every run tries again. To settle it by hand, look in the Hub and use panelsync resolve <run> --sent or --unsent; panelsync status lists the runs.',
    );
    expect(suppressionNote({ batches: 2, people: 3 }, error)).to.match(
      /^3 people in 2 batches suppressed: .* looked up there \(It is 3\.5 times away\)\. Every run/,
    );
  });

  it('say what was sent again, and where it is counted', () => {
    expect(resentNotes([])).to.deep.equal([]);
    expect(resentNotes([{ runId: '5', batches: 2, people: 1150, requests: 3 }])).to.deep.equal([
      'Sent 2 batches of run 5 again, because the outcome was unknown: 1,150 people, 3 requests. The counts are in the report of run 5.',
    ]);
  });

  it('say that the Hub keeps values that are not sent', () => {
    expect(keptNotes(0)).to.deep.equal([]);
    expect(keptNotes(1)[0]).to.match(/^1 person has a value that .* the Hub keeps its value\. .* nulls: null\.$/);
    expect(keptNotes(2764)[0]).to.match(/^2,764 people have values that /);
  });

  it('say that a full run with a limit goes on in later runs', () => {
    expect([fullWithLimitNotes(5, null), fullWithLimitNotes(5, 5)]).to.deep.equal([[], []]);
    expect(fullWithLimitNotes(3000, 2)).to.deep.equal([
      '--full marks everybody to be sent again. This run sends at most 2 of 3,000; the next runs send the other 2,998.',
    ]);
  });

  it('say what could not be checked', () => {
    expect(characteristicsUncheckedNote).to.equal(
      'The Hub gives no readable list of its characteristics, so the slugs and types of the mapping were not checked before sending.',
    );
  });

  it('say how many rows are deferred, and that they are not lost', () => {
    expect(deferredNote(42)).to.match(
      /^42 rows are left unsent .*maxSplitRequests.*\. The next run continues with them\.$/,
    );
    expect(deferredNote(1)).to.match(/^1 row is left unsent /);
  });

  it('name the plan that was applied', () => {
    expect(appliedNote('12')).to.equal('Sent the saved plan of run 12.');
  });

  it('say which values were left out, with examples where it is much of a column', () => {
    const few = { field: 'title', omitted: 5, values: 100, shapes: ['x/x'] };
    const phones = { field: 'phone_number', omitted: 623, values: 4000, shapes: ['x/x', '999'] };
    expect(omittedNotes([few, phones, { ...few, omitted: 6 }])).to.deep.equal([
      '5 of 100 values of title are invalid and left out; the people are sent without it.',
      '623 of 4,000 values of phone_number are invalid and left out (16 %), such as "x/x", "999" (letters and digits are masked). Set phone.countryColumn or phone.defaultCountry, or correct the model.',
      '6 of 100 values of title are invalid and left out (6 %), such as "x/x" (letters and digits are masked). Correct the model.',
    ]);
  });
});
