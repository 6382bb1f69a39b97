import { expect } from 'chai';
import { projectMappingOrThrow } from '../../../../src/core/model/projection.ts';
import type { CharacteristicType, Column } from '../../../../src/core/model/terms.ts';
import { characteristicIssues, characteristicsError } from '../../../../src/sync/deliver/characteristics-check.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';

function mapped(types: Readonly<Record<string, CharacteristicType | null>>) {
  const characteristics = Object.fromEntries(
    Object.entries(types).map(([slug, type]) => [slug, { column: 'value', type }] as const),
  );
  const columns: readonly Column[] = ['email', 'value'].map((name) => ({ name, kind: 'text', type: 'text' }));
  const sync = { ...defaultSync, mapping: { fields: { email: 'email' }, characteristics } };
  return projectMappingOrThrow(sync, columns);
}

function defined(types: Readonly<Record<string, string | null>>) {
  return Object.entries(types).map(([slug, type]) => ({ slug, type, name: null }));
}

describe('characteristics of a mapping, against those of the Hub,', () => {
  it('fit when slugs are known and types the same, under whatever name the Hub has for them', () => {
    const hub = defined({ plan: 'Text', age: 'integer', vip: 'boolean', since: 'date', note: 'string', other: 'text' });
    const types = { plan: null, age: 'number', vip: 'boolean', since: 'date', note: 'text' } as const;
    expect(characteristicIssues(mapped(types), hub)).to.deep.equal([]);
  });

  it('are told with the nearest slug when the Hub does not know theirs', () => {
    const hub = defined({ plan_tier: 'text', age: 'number' });
    expect(characteristicIssues(mapped({ plan_teir: null, zodiac: null }), hub)).to.deep.equal([
      {
        path: 'syncs.panel.mapping.characteristics.plan_teir',
        message: 'the Hub has no characteristic with this slug; did you mean `plan_tier`?',
      },
      {
        path: 'syncs.panel.mapping.characteristics.zodiac',
        message: 'the Hub has no characteristic with this slug',
      },
    ]);
  });

  const names: readonly (readonly [CharacteristicType, readonly string[]])[] = [
    ['text', ['text', 'string', 'short_text', 'long_text', 'textarea']],
    ['number', ['number', 'integer', 'float', 'decimal', 'numeric']],
    ['boolean', ['boolean', 'bool', 'true_false', 'yes_no']],
    ['date', ['date']],
  ];
  for (const [type, others] of names) {
    it(`are a ${type} where the Hub says ${others.join(', ')}`, () => {
      for (const other of others) {
        const wrong = type === 'number' ? 'boolean' : 'number';
        expect(characteristicIssues(mapped({ a: type }), defined({ a: other.toUpperCase() }))).to.deep.equal([]);
        const [fault] = characteristicIssues(mapped({ a: wrong }), defined({ a: other }));
        expect(fault?.message).to.contain(`sent as ${wrong}, and the Hub expects ${type}:`);
      }
    });
  }

  it('may not be days where the Hub wants numbers', () => {
    expect(characteristicIssues(mapped({ a: 'date' }), defined({ a: 'number' }))).to.have.length(1);
  });

  it('are told when the Hub wants another type', () => {
    const faults = characteristicIssues(
      mapped({ age: 'text', since: 'text' }),
      defined({ age: 'number', since: 'date' }),
    );
    expect(faults.map(({ message }) => message)).to.deep.equal([
      'it is sent as text, and the Hub expects number: set type: number, or map another column',
      'it is sent as text, and the Hub expects date: set type: date, or map another column',
    ]);
  });

  it('are not judged where nobody can say what fits: types of other names, none, and days as text', () => {
    const hub = defined({ a: 'multi_select', b: null, c: 'text' });
    expect(characteristicIssues(mapped({ a: 'text', b: 'number', c: 'date' }), hub)).to.deep.equal([]);
  });

  it('are one error, which names what the Hub has', () => {
    const hub = defined(Object.fromEntries(Array.from({ length: 32 }, (_, at) => [`c${at}`, 'text'])));
    const error = characteristicsError([{ path: 'a.b', message: 'no' }], hub);
    expect(error).to.include({ code: 'characteristics_mismatch', recovery: 'usage' });
    expect(error.message).to.match(/of the Hub:\n {2}a\.b: no$/);
    const [first, second] = [
      { path: 'a', message: 'no' },
      { path: 'b', message: 'nor this' },
    ];
    expect(characteristicsError([first, second], []).message).to.match(/:\n {2}a: no\n {2}b: nor this$/);
    expect(characteristicsError([], hub.slice(0, 30)).hint).to.match(/c29\. Correct/);
    expect(error.hint).to.match(/^The Hub has c0, .*c29, and 2 more\. Correct the mapping/);
    expect(characteristicsError([], []).hint).to.match(/^The Hub defines no characteristics\./);
  });
});
