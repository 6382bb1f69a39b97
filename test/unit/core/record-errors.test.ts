import { expect } from 'chai';
import { unknownRunError } from '../../../src/core/ports/records.ts';
import { pausedError } from '../../../src/core/ports/schedule-store.ts';

describe('what people are told', () => {
  const pause = { at: '2026-11-24T01:23:26.512Z', by: 'ada@laptop', reason: null };

  it('of a pause: who, since when, and how to go on', () => {
    expect(pausedError('panel', pause)).to.include({
      code: 'paused',
      recovery: 'busy',
      message: 'The sync "panel" is paused since 2026-11-24T01:23:26.512Z by ada@laptop.',
      hint: 'panelsync resume panel lets it start again; panelsync run panel runs it once all the same.',
    });
  });

  it('of a pause with a reason: that, too', () => {
    const { message } = pausedError('panel', { ...pause, reason: 'Summer break' });
    expect(message).to.equal('The sync "panel" is paused since 2026-11-24T01:23:26.512Z by ada@laptop: Summer break.');
  });

  it('of a run that is not on record: where to find those that are', () => {
    expect(unknownRunError('17')).to.include({
      code: 'unknown_run',
      recovery: 'usage',
      message: 'There is no run 17.',
      hint: 'panelsync runs lists those that are on record.',
    });
  });
});
