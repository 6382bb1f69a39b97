import { expect } from 'chai';
import * as fc from 'fast-check';
import { createSchedule, scheduleIssue } from '../../../../src/lib/schedule/schedule.ts';

/** The times after a time, as UTC without seconds that are zero. */
function timesOf(cron: string, timezone: string, from: string, count: number): readonly string[] {
  const schedule = createSchedule(cron, timezone);
  const found: string[] = [];
  for (let at = Date.parse(from); found.length < count;) {
    at = schedule.next(at);
    found.push(new Date(at).toISOString().replace(/(:00)?\.000Z$/, 'Z'));
  }
  return found;
}

/** Only the time of day, in a time zone. */
function clocks(cron: string, timezone: string, from: string, count: number): readonly string[] {
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: timezone, hour: '2-digit', minute: '2-digit' });
  return timesOf(cron, timezone, from, count).map((time) => clock.format(Date.parse(time)));
}

describe('schedules', () => {
  it('have five fields, or six with seconds, or a word', () => {
    expect(timesOf('*/15 * * * *', 'UTC', '2026-03-01T10:07:00Z', 3)).to.deep.equal([
      '2026-03-01T10:15Z',
      '2026-03-01T10:30Z',
      '2026-03-01T10:45Z',
    ]);
    expect(timesOf('10,40 59 23 * * *', 'UTC', '2026-03-01T10:07:00Z', 3)).to.deep.equal([
      '2026-03-01T23:59:10Z',
      '2026-03-01T23:59:40Z',
      '2026-03-02T23:59:10Z',
    ]);
    const words = ['@hourly', '@daily', '@midnight', '@weekly', '@monthly', '@yearly', '@annually'];
    expect(words.map((word) => timesOf(word, 'UTC', '2026-07-15T10:07:00Z', 1)[0])).to.deep.equal([
      '2026-07-15T11:00Z',
      '2026-07-16T00:00Z',
      '2026-07-16T00:00Z',
      '2026-07-19T00:00Z',
      '2026-08-01T00:00Z',
      '2027-01-01T00:00Z',
      '2027-01-01T00:00Z',
    ]);
  });

  it('are read in their time zone', () => {
    expect(timesOf('0 9 * * *', 'America/New_York', '2026-07-01T00:00:00Z', 1)).to.deep.equal(['2026-07-01T13:00Z']);
    expect(timesOf('0 9 * * *', 'Asia/Kathmandu', '2026-07-01T00:00:00Z', 1)).to.deep.equal(['2026-07-01T03:15Z']);
  });

  it('match day of month and day of week together, and know L, W and #', () => {
    const from = '2026-01-01T00:00:00Z';
    expect(timesOf('0 12 13 * fri', 'UTC', from, 2)).to.deep.equal(['2026-02-13T12:00Z', '2026-03-13T12:00Z']);
    expect(timesOf('0 12 L 2 *', 'UTC', from, 3)).to.deep.equal([
      '2026-02-28T12:00Z',
      '2027-02-28T12:00Z',
      '2028-02-29T12:00Z',
    ]);
    expect(timesOf('0 12 15W 8 *', 'UTC', from, 1)).to.deep.equal(['2026-08-14T12:00Z']);
    expect(timesOf('0 12 * * mon#1', 'UTC', from, 2)).to.deep.equal(['2026-01-05T12:00Z', '2026-02-02T12:00Z']);
    expect(timesOf('0 12 29 2 1', 'UTC', from, 1)).to.deep.equal(['2044-02-29T12:00Z']);
  });

  it('that name hours occur once on the day clocks go forward: a skipped time at that moment', () => {
    const berlin = 'Europe/Berlin';
    const spring = '2026-03-27T12:00:00Z';
    expect(timesOf('30 2 * * *', berlin, spring, 4)).to.deep.equal([
      '2026-03-28T01:30Z',
      '2026-03-29T01:00Z',
      '2026-03-30T00:30Z',
      '2026-03-31T00:30Z',
    ]);
    expect(clocks('0 3 * * *', berlin, spring, 3)).to.deep.equal(['03:00', '03:00', '03:00']);
    expect(clocks('0 1-4 * * *', berlin, '2026-03-28T23:30:00Z', 4)).to.deep.equal([
      '01:00',
      '03:00',
      '04:00',
      '01:00',
    ]);
    expect(timesOf('30 2 * * *', 'America/New_York', '2026-03-07T12:00:00Z', 2)).to.deep.equal([
      '2026-03-08T07:00Z',
      '2026-03-09T06:30Z',
    ]);
    expect(timesOf('@daily', 'Africa/Cairo', '2026-04-23T12:00:00Z', 2), 'midnight itself').to.deep.equal([
      '2026-04-23T22:00Z',
      '2026-04-24T21:00Z',
    ]);
  });

  it('that name hours occur once on the day clocks go back: at the first of two equal times', () => {
    expect(timesOf('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2)).to.deep.equal([
      '2026-10-25T00:30Z',
      '2026-10-26T01:30Z',
    ]);
    expect(timesOf('30 1 * * *', 'America/New_York', '2026-10-31T12:00:00Z', 2)).to.deep.equal([
      '2026-11-01T05:30Z',
      '2026-11-02T06:30Z',
    ]);
    expect(timesOf('45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T00:00:00Z', 2), 'by half an hour').to.deep.equal([
      '2026-04-04T14:45Z',
      '2026-04-05T15:15Z',
    ]);
  });

  it('are found right after a day on which clocks changed, and occur no more often on it', () => {
    const berlin = 'Europe/Berlin';
    expect(timesOf('30 0 30 3 *', berlin, '2026-03-27T00:00:00Z', 1)).to.deep.equal(['2026-03-29T22:30Z']);
    expect(timesOf('30 23 26 10 *', berlin, '2026-10-24T00:00:00Z', 1)).to.deep.equal(['2026-10-26T22:30Z']);
    expect(clocks('0 9 * * *', berlin, '2026-03-28T12:00:00Z', 3)).to.deep.equal(['09:00', '09:00', '09:00']);
    expect(timesOf('0 9 * * *', berlin, '2026-10-24T12:00:00Z', 2)).to.deep.equal([
      '2026-10-25T08:00Z',
      '2026-10-26T08:00Z',
    ]);
  });

  it('of every hour follow elapsed time, whatever clocks show', () => {
    for (const from of ['2026-03-28T20:00:00Z', '2026-10-24T20:00:00Z']) {
      for (const timezone of ['Europe/Berlin', 'America/New_York', 'UTC']) {
        const found = timesOf('*/20 * * * *', timezone, from, 72).map((time) => Date.parse(time));
        const gaps = found.map((time, at) => time - (found[at - 1] ?? Date.parse(from)));
        expect(new Set(gaps), `${timezone} from ${from}`).to.deep.equal(new Set([20 * 60_000]));
      }
    }
  });

  it('give the same times forwards and backwards', () => {
    const crons = ['*/7 * * * *', '30 2 * * *', '15,45 1-3 * * *', '10 0 0 1,L * *', '@weekly', '0 0 29 2 *'];
    const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Cairo', 'Asia/Kolkata'];
    const time = fc.date({ min: new Date('2024-01-01'), max: new Date('2030-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(fc.constantFrom(...crons), fc.constantFrom(...zones), time, (cron, timezone, from) => {
        const schedule = createSchedule(cron, timezone);
        const next = schedule.next(from.getTime());
        expect(next).to.be.above(from.getTime());
        expect(schedule.previous(next)).to.equal(next);
        const before = schedule.previous(next - 1);
        expect(before).to.be.at.most(from.getTime());
        expect(schedule.next(before)).to.equal(next);
      }),
    );
  });

  it('that are invalid say in which field', () => {
    const issue = (cron: string): string => scheduleIssue(cron) ?? 'none';
    expect(issue('0 25 * * *')).to.equal('has an invalid value for the hour (0 to 23)');
    expect(issue('61 * * * 9')).to.equal(
      'has an invalid value for the minute (0 to 59) and the day of week (0 to 7, or sun to sat)',
    );
    expect(issue('99 * * * * *')).to.contain('second (0 to 59)');
    expect(issue('0 0 31 2 *')).to.contain('day of month');
    expect(issue('0 0 1 foo *')).to.contain('month (1 to 12');
    for (const cron of ['* * * *', '', 'hourly', '@reboot', '@every 5m', '1-99999999999 * * * *']) {
      expect(issue(cron), cron).to.contain('five or six fields');
    }
    expect(issue('*/90 * * * *')).to.equal('has a step for the minute (0 to 59) that exceeds its range');
    expect(issue('0 */24 * * *')).to.contain('hour');
    expect(issue('0 0 29 2 1#1')).to.equal('has days that never occur');
    for (const cron of [
      '*/15 * * * *',
      '0 6 * * mon-fri',
      '* * * * * *',
      '@Hourly',
      '0 22-4 ? * 7',
      ' 5  4 * * * ',
      '\t0\t6 * *\tmon',
    ]) {
      expect(issue(cron), cron).to.equal('none');
    }
  });
});
