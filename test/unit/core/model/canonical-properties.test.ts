import { expect } from 'chai';
import * as fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { textHash } from '../../../../src/core/model/hash.ts';
import { canonicalText, toParticipant } from '../../../../src/core/model/participant.ts';
import type { SyncSettings } from '../../../../src/core/settings.ts';
import { fieldNames } from '../../../../src/core/model/terms.ts';
import type { Column, Payload } from '../../../../src/core/model/terms.ts';
import { formats } from '../../../../src/core/formats.ts';
import { columnsOf, projectionOf, valuesOf } from '../../../helpers/fixtures/projection.ts';

const kinds = { c1: 'number', c2: 'boolean', c3: 'timestamp' } as const;
const columns = columnsOf(['email', 'c0', 'c1', 'c2', 'c3', 'c4', 'c5'], kinds);

/** Values that are easily taken for one another. */
const value = fc.oneof(
  fc.constantFrom(
    null,
    '',
    ' ',
    'null',
    '\\N',
    '0',
    '1',
    't',
    'true',
    '"',
    '","',
    '\\',
    'a',
    'é',
    'e\u0301',
    '\u00a0a',
  ),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
);
const row = fc.tuple(
  fc.constantFrom('a@example.test', 'A@example.test', ' a@example.test'),
  value,
  fc.constantFrom(null, '1', '1.0', '1.00', '01', '10', '1e1', '0', '-0', '0.10', '.1', '9007199254740993', 'NaN'),
  fc.constantFrom(null, 't', 'f'),
  fc.constantFrom(
    null,
    '2024-02-29 00:00:00',
    '2024-02-29 10:00:00.5',
    '2024-02-29 10:00:00.50',
    '2023-02-29 00:00:00',
  ),
  value,
  value,
);

const mapped = fc
  .record({
    fields: fc.dictionary(fc.constantFrom(...fieldNames.slice(1)), fc.constantFrom('c0', 'c1', 'c2', 'c3', 'c4')),
    characteristics: fc.dictionary(
      fc
        .oneof(fc.constantFrom('plan', 'Plan', '1', '10', '2', 'a b', 'é'), fc.string({ minLength: 1, maxLength: 5 }))
        .filter((slug) => slug !== '__proto__'),
      fc.record({ column: fc.constantFrom('c0', 'c1', 'c2', 'c3', 'c4'), type: fc.constant(null) }),
    ),
  })
  .map(({ fields, characteristics }) => ({ fields: { ...fields, email: 'email' }, characteristics }));

const settings = fc.record({ mapping: mapped, nulls: fc.constantFrom('omit' as const, 'null' as const) });

function payloadOf(
  values: readonly (string | null)[],
  sync: Partial<SyncSettings>,
  model: readonly Column[] = columns,
): Payload {
  const projection = projectionOf(sync, model);
  return toParticipant(valuesOf(projection, values), projection, formats).payload;
}

function personOf(c0: string | null, c4: string | null, c5: string | null): readonly (string | null)[] {
  return ['a@example.test', c0, null, null, null, c4, c5];
}

function reversed<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).toReversed());
}

describe('canonical text', () => {
  it('and its hash are the same exactly when the payloads are', () => {
    fc.assert(
      fc.property(settings, row, row, (sync, one, other) => {
        const payloads = [payloadOf(one, sync), payloadOf(other, sync)] as const;
        const same = isDeepStrictEqual(...payloads);
        const texts = payloads.map(canonicalText);
        expect(texts[0] === texts[1], 'texts').to.equal(same);
        expect(textHash(texts[0] ?? '') === textHash(texts[1] ?? ''), 'hashes').to.equal(same);
      }),
      { numRuns: 1000 },
    );
  });

  it('does not depend on the order of the mapping or of the columns, nor on columns that are not mapped', () => {
    fc.assert(
      fc.property(
        settings,
        row,
        fc.shuffledSubarray(
          columns.map((_, at) => at),
          { minLength: columns.length },
        ),
        (sync, values, order) => {
          const { fields, characteristics } = sync.mapping;
          const turned = { ...sync, mapping: { fields: reversed(fields), characteristics: reversed(characteristics) } };
          const model = order.flatMap((at) => columns[at] ?? []);
          const moved = [...order.map((at) => values[at] ?? null), 'not mapped'];
          const text = canonicalText(payloadOf(values, sync));
          expect(canonicalText(payloadOf(moved, turned, [...model, ...columnsOf(['more'])]))).to.equal(text);
          const [one, other] = [projectionOf(sync, columns), projectionOf(turned, [...model, ...columnsOf(['more'])])];
          expect(other.fingerprint).to.equal(one.fingerprint);
          expect(valuesOf(other, moved)).to.deep.equal(valuesOf(one, values));
        },
      ),
    );
  });

  it('is read back as the payload it stands for', () => {
    fc.assert(
      fc.property(settings, row, (sync, values) => {
        const payload = payloadOf(values, sync);
        expect(JSON.parse(canonicalText(payload))).to.deep.equal(payload);
      }),
    );
  });

  it('tells null, nothing, blank and the same value in another field apart', () => {
    const mapping = {
      fields: { email: 'email', city: 'c0', state: 'c4' },
      characteristics: { city: { column: 'c5', type: null } },
    };
    const text = (values: readonly (string | null)[], nulls: 'omit' | 'null' = 'omit') =>
      canonicalText(payloadOf(values, { mapping, nulls }));
    const texts = [
      text(personOf(null, null, null)),
      text(personOf(null, null, null), 'null'),
      text(personOf('x', null, null)),
      text(personOf(null, 'x', null)),
      text(personOf(null, null, 'x')),
      text(personOf('null', null, null)),
      text(personOf('x","state":"y', null, null)),
      text(personOf('x', 'y', null)),
    ];
    expect(new Set(texts).size).to.equal(texts.length);
    expect(text(personOf('', ' ', null))).to.equal(texts[0]);
  });
});
