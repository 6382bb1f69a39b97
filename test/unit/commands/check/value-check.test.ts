import { expect } from 'chai';
import { ValueSample } from '../../../../src/commands/check/value-check.ts';
import type { CheckResult } from '../../../../src/commands/check/check-result.ts';
import { formats } from '../../../../src/core/formats.ts';
import { projectMappingOrThrow } from '../../../../src/core/model/projection.ts';
import type { ModelReader } from '../../../../src/core/ports/source.ts';
import type { SyncSettings } from '../../../../src/core/settings.ts';
import { MemorySource } from '../../../helpers/memory/source.ts';
import type { MemoryRow } from '../../../helpers/memory/source.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';

const sync: SyncSettings = {
  ...defaultSync,
  phone: { defaultCountry: 'US', invalid: 'omit' },
  mapping: { fields: { email: 'email', phone_number: 'phone', city: 'city' }, characteristics: {} },
};

async function check(rows: readonly MemoryRow[], sampled: SyncSettings = sync): Promise<readonly CheckResult[]> {
  const source = new MemorySource(['email', 'phone', 'city'], rows);
  const sample = new ValueSample();
  const reader = await source.open(sampled.model, 'test', sample.signal);
  return sample.check(reader, projectMappingOrThrow(sampled, reader.columns), { formats });
}

const people = (count: number, phone: string): readonly MemoryRow[] =>
  Array.from({ length: count }, (_, at) => [`p${at}@x.test`, phone, 'Oslo']);

describe('the check of values', () => {
  it('warns where more than a few values of a field would be left out, with what they look like', async () => {
    const [warning, ...others] = await check([
      ...people(90, '(415) 555-2671'),
      ...people(8, 'n/a'),
      ...people(2, '12'),
    ]);
    expect(others).to.deep.equal([]);
    expect(warning?.check).to.deep.equal({
      name: 'values of panel',
      status: 'warning',
      message:
        'In the first 100 rows, 10 of 100 values of phone_number are invalid and left out (10 %), such as "x/x", "99" (letters and digits are masked). Set phone.countryColumn or phone.defaultCountry, or correct the model.',
      hint: null,
    });
  });

  it('says nothing of a few, of values that make their row invalid, or of rows behind the first thousand', async () => {
    expect(await check([...people(95, '(415) 555-2671'), ...people(5, 'n/a')])).to.deep.equal([]);
    const phone = { defaultCountry: 'US', invalid: 'reject' as const };
    expect(await check(people(10, 'n/a'), { ...sync, phone })).to.deep.equal([]);
    expect(await check([...people(1000, '(415) 555-2671'), ...people(500, 'n/a')])).to.deep.equal([]);
  });

  it('waits for a slow model only so long', async () => {
    const sample = new ValueSample();
    const reader: Pick<ModelReader, 'rows'> = {
      async *rows() {
        await new Promise((resolve) => sample.signal.addEventListener('abort', resolve));
        yield* [];
        throw new Error('canceled');
      },
    };
    const { columns } = await new MemorySource(['email', 'phone', 'city'], []).open(sync.model, 'test', sample.signal);
    const slow = { ...reader, columns, buckets: null, close: async () => undefined };
    const results = await sample.check(slow, projectMappingOrThrow(sync, columns), { formats, timeoutMs: 1 });
    expect(results.map((result) => [result.check.status, result.check.message])).to.deep.equal([
      ['skipped', 'not checked: the model gave no 1,000 rows within 0.001 s'],
    ]);
  });
});
