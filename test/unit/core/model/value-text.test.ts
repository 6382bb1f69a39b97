import { expect } from 'chai';
import * as fc from 'fast-check';
import { characteristicTypes } from '../../../../src/core/model/terms.ts';
import type { CharacteristicType, ColumnKind } from '../../../../src/core/model/terms.ts';
import { convert, isConvertible, defaultTypeFor } from '../../../../src/core/model/value.ts';
import { conversionResult } from '../../../helpers/fixtures/conversion-result.ts';

describe('texts and truths of a source', () => {
  const texts: readonly [string | null, unknown][] = [
    [null, null],
    ['', null],
    [' \t\n', null],
    ['\u00a0\u2003\u3000\ufeff', null],
    ['plain', 'plain'],
    ["  O'Brien  ", "O'Brien"],
    ['\u00a0both sides\u00a0', 'both sides'],
    ['in\u00a0side', 'in\u00a0side'],
    ['two\nlines', 'two\nlines'],
    ['e\u0301', '\u00e9'],
    ['A\u030a', '\u00c5'],
    ['\u212b', '\u00c5'],
    ['\ufb01', '\ufb01'],
    ['\u0130stanbul', '\u0130stanbul'],
    ['\u{1f468}\u200d\u{1f469}\u200d\u{1f467}', '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}'],
    ['\u0645\u0631\u062d\u0628\u0627', '\u0645\u0631\u062d\u0628\u0627'],
    ['\u202eabc', '\u202eabc'],
    ['null', 'null'],
    ['\\N', '\\N'],
    ['1.50', '1.50'],
  ];
  for (const [raw, expected] of texts) {
    it(`reads the text ${JSON.stringify(raw)} as ${JSON.stringify(expected)}`, () => {
      expect(conversionResult(convert(raw, 'text', 'text'))).to.equal(expected);
      expect(conversionResult(convert(raw, 'time', 'text'))).to.equal(expected);
    });
  }

  it('gives the same text for every normal form and padding', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const read = convert(text, 'text', 'text');
        for (const form of ['NFC', 'NFD'] as const) {
          expect(convert(` ${text.normalize(form)}\u00a0`, 'text', 'text')).to.deep.equal(read);
        }
        const again = conversionResult(read);
        if (typeof again === 'string') expect(convert(again, 'text', 'text')).to.deep.equal(read);
      }),
    );
  });

  const truths: readonly [ColumnKind, string, unknown][] = [
    ['boolean', 't', true],
    ['boolean', 'f', false],
    ['boolean', 'TRUE', true],
    ['boolean', 'false', false],
    ['number', '1', true],
    ['number', '1.0', true],
    ['number', '0.00', false],
    ['number', '2', 'not_true_or_false'],
    ['number', 'NaN', 'not_finite'],
    ['text', ' Yes ', true],
    ['text', 'Y', true],
    ['text', 'checked', true],
    ['text', 'T', true],
    ['text', 'No', false],
    ['text', 'n', false],
    ['text', 'F', false],
    ['text', '0', false],
    ['text', '1.0', true],
    ['text', '0,00', false],
    ['text', '1.5', 'not_true_or_false'],
    ['text', "'TRUE", true],
    ['text', 'on', 'not_true_or_false'],
    ['text', 'constructor', 'not_true_or_false'],
    ['text', '__proto__', 'not_true_or_false'],
    ['text', '', null],
  ];
  for (const [kind, raw, expected] of truths) {
    it(`takes the ${kind} "${raw}" for ${String(expected)} where true or false is wanted`, () => {
      expect(conversionResult(convert(raw, kind, 'boolean'))).to.equal(expected);
    });
  }

  const exports: readonly [string, unknown][] = [
    ['#N/A', 'spreadsheet_error'],
    [' #REF! ', 'spreadsheet_error'],
    ['#DIV/0!', 'spreadsheet_error'],
    ['########', 'spreadsheet_error'],
    ['#1 in sales', '#1 in sales'],
    ['#', '#'],
    ['NULL', 'NULL'],
    ['44.0', '44.0'],
    ['\u200b\u00a0', null],
  ];
  for (const [raw, expected] of exports) {
    it(`takes ${JSON.stringify(raw)} for ${String(expected)} where a text is wanted`, () => {
      expect(conversionResult(convert(raw, 'text', 'text'))).to.equal(expected);
    });
  }

  it('writes truths as words where a text is wanted', () => {
    expect(conversionResult(convert('t', 'boolean', 'text'))).to.equal('true');
    expect(conversionResult(convert('f', 'boolean', 'text'))).to.equal('false');
  });

  /** Kind, the type it has of itself, the types it can be sent as. */
  const kinds: readonly [ColumnKind, CharacteristicType, readonly CharacteristicType[]][] = [
    ['text', 'text', ['text', 'number', 'boolean', 'date']],
    ['number', 'number', ['text', 'number', 'boolean']],
    ['float', 'number', ['text', 'number', 'boolean']],
    ['boolean', 'boolean', ['text', 'boolean']],
    ['date', 'date', ['text', 'date']],
    ['timestamp', 'date', ['text', 'date']],
    ['timestamptz', 'date', ['text', 'date']],
    ['time', 'text', ['text']],
    ['json', 'text', []],
    ['binary', 'text', []],
    ['other', 'text', []],
  ];
  for (const [kind, type, possible] of kinds) {
    it(`sends the kind ${kind} as ${type} by default, and as ${possible.join(', ') || 'nothing'}`, () => {
      expect(defaultTypeFor(kind)).to.equal(type);
      for (const one of characteristicTypes) expect(isConvertible(kind, one), one).to.equal(possible.includes(one));
      for (const one of characteristicTypes) {
        expect(conversionResult(convert(null, kind, one))).to.equal(null);
        const converted = convert('1', kind, one);
        const refused = 'code' in converted && converted.code === 'unsupported_type';
        expect(refused, one).to.equal(!possible.includes(one));
      }
    });
  }

  const refusals: readonly [ColumnKind, CharacteristicType, string][] = [
    ['json', 'text', 'a JSON value cannot be sent as text; cast it in the model'],
    ['binary', 'text', 'a binary value cannot be sent as text; cast it in the model'],
    ['other', 'text', 'a value of this type cannot be sent as text; cast it in the model'],
    ['boolean', 'number', 'a true/false value cannot be sent as number; cast it in the model'],
    ['date', 'number', 'a date value cannot be sent as number; cast it in the model'],
    ['timestamp', 'number', 'a timestamp value cannot be sent as number; cast it in the model'],
    ['timestamptz', 'boolean', 'a timestamptz value cannot be sent as boolean; cast it in the model'],
    ['time', 'date', 'a time value cannot be sent as date; cast it in the model'],
    ['float', 'date', 'a number cannot be sent as date; cast it in the model'],
    ['number', 'date', 'a number value cannot be sent as date; cast it in the model'],
  ];
  for (const [kind, type, message] of refusals) {
    it(`says what to do with the kind ${kind} as ${type}`, () => {
      expect(convert('{}', kind, type)).to.deep.equal({ code: 'unsupported_type', message });
    });
  }
});
