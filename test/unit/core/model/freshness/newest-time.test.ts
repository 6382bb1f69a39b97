import { expect } from 'chai';
import * as fc from 'fast-check';
import { NewestTime } from '../../../../../src/core/model/freshness/newest-time.ts';

const nowMs = Date.UTC(2026, 10, 23, 12);

function newestOf(texts: readonly string[]): string | null {
  const newest = new NewestTime(nowMs);
  for (const text of texts) newest.add(text);
  return newest.newest?.toISOString() ?? null;
}

function newestOfFields(texts: readonly string[]): string | null {
  const newest = new NewestTime(nowMs);
  for (const text of texts) newest.addField(Buffer.from(`x\t${text}\n`), 2, 2 + text.length);
  return newest.newest?.toISOString() ?? null;
}

describe('the newest of many times', () => {
  const forms: readonly (readonly [string, string])[] = [
    ['2026-11-20', '2026-11-20T00:00:00.000Z'],
    ['2026-11-20 08:30:00', '2026-11-20T08:30:00.000Z'],
    ['2026-11-20T08:30:00.123456789', '2026-11-20T08:30:00.123Z'],
    ['2026-11-20 08:30:00.5+00', '2026-11-20T08:30:00.500Z'],
    ['2026-11-20T08:30:00.000000000Z', '2026-11-20T08:30:00.000Z'],
    ['2026-11-20 08:30:00+05:30', '2026-11-20T03:00:00.000Z'],
  ];
  for (const [text, expected] of forms) it(`reads ${text}`, () => expect(newestOf([text])).to.equal(expected));

  it('is nothing without a time', () => {
    expect(newestOf([])).to.equal(null);
    expect(newestOf(['\\N', '', 'soon', 'infinity', '-infinity', '12:30:00', '2026-13-41', '44-03-15 BC'])).to.equal(
      null,
    );
  });

  it('is none of the times that are more than a day ahead', () => {
    expect(newestOf(['9999-12-31', '2026-11-20', '2026-11-24 12:00:01'])).to.equal('2026-11-20T00:00:00.000Z');
    expect(newestOf(['2026-11-24 12:00:00'])).to.equal('2026-11-24T12:00:00.000Z');
  });

  it('is the newest, in whatever order and zone they come', () => {
    const time = fc.record({
      ms: fc.integer({ min: Date.UTC(1970, 0), max: nowMs }),
      zoneHours: fc.integer({ min: -12, max: 14 }),
    });
    fc.assert(
      fc.property(fc.array(time, { minLength: 1, maxLength: 30 }), (times) => {
        const texts = times.map(({ ms, zoneHours }) => {
          const local = new Date(ms + zoneHours * 3_600_000).toISOString().slice(0, -1).replace('T', ' ');
          return `${local}${zoneHours < 0 ? '-' : '+'}${String(Math.abs(zoneHours)).padStart(2, '0')}`;
        });
        const expected = new Date(Math.max(...times.map(({ ms }) => ms))).toISOString();
        expect(newestOf(texts)).to.equal(expected);
        expect(newestOfFields(texts), 'as fields of lines').to.equal(expected);
      }),
    );
  });
});
