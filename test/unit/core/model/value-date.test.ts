import { expect } from 'chai';
import * as fc from 'fast-check';
import type { ColumnKind } from '../../../../src/core/model/terms.ts';
import { convert } from '../../../../src/core/model/value.ts';
import { conversionResult } from '../../../helpers/fixtures/conversion-result.ts';

describe('dates of a source', () => {
  /** Raw value, as text, as date. */
  const dates: readonly [string, unknown, unknown][] = [
    ['2026-01-31', '2026-01-31', '2026-01-31'],
    ['2024-02-29', '2024-02-29', '2024-02-29'],
    ['0001-01-01', '0001-01-01', '0001-01-01'],
    ['9999-12-31', '9999-12-31', '9999-12-31'],
    ['2000-02-29', '2000-02-29', '2000-02-29'],
    ...[
      '1900-02-29',
      '2023-02-29',
      '2024-13-01',
      '2024-00-10',
      '2024-04-31',
      '0000-01-01',
      '10000-01-01',
      '+012026-01-31',
      '0044-03-15 BC',
      'infinity',
      '-infinity',
      '01/31/2026',
      '',
    ].map((raw) => [raw, 'date_out_of_range', 'date_out_of_range'] as const),
  ].map(([raw, text, date]) => [raw ?? '', text, date]);
  for (const [raw, text, date] of dates) {
    it(`reads the date "${raw}" as ${String(text)}`, () => {
      expect(conversionResult(convert(raw, 'date', 'text'))).to.equal(text);
      expect(conversionResult(convert(raw, 'date', 'date'))).to.equal(date);
    });
  }

  /** Kind, raw value, as text, as date. */
  const timestamps: readonly [ColumnKind, string, unknown, unknown][] = [
    ['timestamp', '2026-01-31 13:00:00', '2026-01-31T13:00:00', '2026-01-31'],
    ['timestamp', '2026-01-31T13:00:00', '2026-01-31T13:00:00', '2026-01-31'],
    ['timestamp', '2026-01-31 13:00:00.120000', '2026-01-31T13:00:00.12', '2026-01-31'],
    ['timestamp', '2026-01-31 13:00:00.000', '2026-01-31T13:00:00', '2026-01-31'],
    ['timestamp', '2026-01-31 13:00:00.000001', '2026-01-31T13:00:00.000001', '2026-01-31'],
    ['timestamptz', '2026-01-31 13:00:00+00', '2026-01-31T13:00:00Z', '2026-01-31'],
    ['timestamptz', '2026-01-31 13:00:00-00:00', '2026-01-31T13:00:00Z', '2026-01-31'],
    ['timestamptz', '2026-01-31T13:00:00.5Z', '2026-01-31T13:00:00.5Z', '2026-01-31'],
    ['timestamptz', '2026-01-31 13:00:00', '2026-01-31T13:00:00Z', '2026-01-31'],
    ['timestamptz', '2026-01-31 23:30:00.25-05', '2026-02-01T04:30:00.25Z', '2026-02-01'],
    ['timestamptz', '2026-01-01 00:10:00+05:45', '2025-12-31T18:25:00Z', '2025-12-31'],
    ['timestamptz', '2026-01-31 13:00+00', '2026-01-31T13:00:00Z', '2026-01-31'],
    ['timestamptz', '2024-02-28 20:00:00-0930', '2024-02-29T05:30:00Z', '2024-02-29'],
    ['timestamptz', '0001-01-01 00:00:00+01', 'date_out_of_range', 'date_out_of_range'],
    ['timestamptz', '9999-12-31 23:00:00-02', 'date_out_of_range', 'date_out_of_range'],
    ['timestamptz', '2026-01-31 25:00:00+02', 'date_out_of_range', 'date_out_of_range'],
    ['timestamptz', 'infinity', 'date_out_of_range', 'date_out_of_range'],
    ['timestamptz', '1890-01-01 00:00:00+00:19:32', 'date_out_of_range', 'date_out_of_range'],
    ['timestamp', '-infinity', 'date_out_of_range', 'date_out_of_range'],
    ['timestamp', '0044-03-15 12:00:00 BC', 'date_out_of_range', 'date_out_of_range'],
    ['timestamp', '10000-01-01 00:00:00', 'date_out_of_range', 'date_out_of_range'],
    ['timestamptz', '2026-01-31 25:00:00Z', 'date_out_of_range', 'date_out_of_range'],
    ['timestamp', '2023-02-29 00:00:00', 'date_out_of_range', 'date_out_of_range'],
  ];
  for (const [kind, raw, text, date] of timestamps) {
    it(`reads the ${kind} "${raw}" as ${String(text)}`, () => {
      expect(conversionResult(convert(raw, kind, 'text'))).to.equal(text);
      expect(conversionResult(convert(raw, kind, 'date'))).to.equal(date);
    });
  }

  /** In a text column: a date, or a timestamp's day as it is written there. */
  const texts: readonly [string, unknown][] = [
    ['2026-01-31', '2026-01-31'],
    [' 2026-01-31 ', '2026-01-31'],
    ['2026-01-31 23:30:00-05', '2026-01-31'],
    ['2026-01-31T23:30', '2026-01-31'],
    ['2023-02-29', 'not_a_date'],
    ['2023-02-29 10:00:00', 'not_a_date'],
    ['2026-01-31T24:00:00Z', 'not_a_date'],
    ['31.01.2026', 'not_a_date'],
    ['2026-1-31', 'not_a_date'],
    ['2026-01-31 soon', 'not_a_date'],
    ['born 2026-01-31 10:00', 'not_a_date'],
    ['tomorrow', 'not_a_date'],
  ];
  for (const [raw, date] of texts) {
    it(`takes the text "${raw}" for ${String(date)} where a date is wanted`, () => {
      expect(conversionResult(convert(raw, 'text', 'date'))).to.equal(date);
    });
  }

  const day = fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T00:00:00Z'),
    noInvalidDate: true,
  });

  it('keeps every day of the calendar', () => {
    fc.assert(
      fc.property(day, (date) => {
        const text = date.toISOString().slice(0, 10);
        expect(conversionResult(convert(text, 'date', 'date'))).to.equal(text);
        expect(conversionResult(convert(text, 'text', 'date'))).to.equal(text);
      }),
    );
  });

  it('writes an instant in the same way whatever zone it comes in', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: -14 * 60, max: 14 * 60 }), (date, offset) => {
        const instant = date.toISOString().replace('.000', '');
        const local = new Date(date.getTime() + offset * 60_000).toISOString();
        fc.pre(/^\d{4}-/.test(local) && !local.startsWith('0000'));
        const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
        const zone = `${offset < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
        const raw = local.replace('T', ' ').replace('Z', zone);
        const expected = instant.replace(/\.(\d*?)0*Z$/, (_, digits: string) => (digits === '' ? 'Z' : `.${digits}Z`));
        expect(conversionResult(convert(raw, 'timestamptz', 'text'))).to.equal(expected);
      }),
    );
  });
});
