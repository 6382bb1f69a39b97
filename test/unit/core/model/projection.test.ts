import { expect } from 'chai';
import { PanelsyncError } from '../../../../src/core/errors.ts';
import { projectMapping, projectMappingOrThrow } from '../../../../src/core/model/projection.ts';
import type { Mapping, SyncSettings } from '../../../../src/core/settings.ts';
import { columnsOf, projectionOf } from '../../../helpers/fixtures/projection.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';

const columns = columnsOf(['id', 'city', 'Email', 'plan', 'seats', 'joined'], {
  id: 'number',
  seats: 'number',
  joined: 'date',
});

const mapping: Mapping = {
  fields: { city: 'city', email: 'email' },
  characteristics: { seats: { column: 'seats', type: null }, Plan: { column: 'PLAN', type: null } },
};

describe('projection', () => {
  it('reads the key first, then the mapped columns by name, each once', () => {
    const { positions, fields, characteristics } = projectionOf({ mapping }, columns);
    expect(positions).to.deep.equal([2, 1, 3, 4]);
    expect(fields.map(({ field, index }) => [field, index])).to.deep.equal([
      ['email', 0],
      ['city', 1],
    ]);
    expect(characteristics.map(({ slug, index, type }) => [slug, index, type])).to.deep.equal([
      ['Plan', 2, 'text'],
      ['seats', 3, 'number'],
    ]);
  });

  it('reads a column once that fills several places', () => {
    const twice = {
      fields: { email: 'email', first_name: 'email' },
      characteristics: { mail: { column: 'Email', type: null } },
    };
    const { positions, fields, characteristics } = projectionOf({ mapping: twice }, columns);
    expect(positions).to.deep.equal([2]);
    expect([...fields, ...characteristics].map(({ index }) => index)).to.deep.equal([0, 0, 0]);
  });

  it('reads another key column first, and needs no e-mail then', () => {
    const { positions, fields } = projectionOf(
      { mode: 'insert', key: 'id', mapping: { fields: { city: 'city' }, characteristics: {} } },
      columns,
    );
    expect(positions).to.deep.equal([0, 1]);
    expect(fields).to.have.length(1);
  });

  it('takes the type of a characteristic from the mapping before that of the column', () => {
    const typed = {
      fields: { email: 'email' },
      characteristics: { joined: { column: 'joined', type: 'text' as const } },
    };
    expect(projectionOf({ mapping: typed }, columns).characteristics[0]).to.have.property('type', 'text');
  });

  it('prefers the column whose name is exactly that of the mapping', () => {
    const both = columnsOf(['EMAIL', 'email', 'Email']);
    expect(
      projectionOf({ mapping: { fields: { email: 'email' }, characteristics: {} } }, both).positions,
    ).to.deep.equal([1]);
  });

  it('reports all issues of a mapping at once, with their paths', () => {
    const odd = columnsOf(['EMAIL', 'Email', 'city', 'city']);
    const faulty = {
      fields: { email: 'email', city: 'city', title: 'job' },
      characteristics: { plan: { column: 'plan', type: null } },
    };
    expect(projectMapping({ ...defaultSync, mapping: faulty }, odd)).to.deep.equal([
      {
        path: 'syncs.panel.mapping.email',
        message: 'the model has 2 columns that "email" could mean; name them apart (models/people.sql)',
      },
      {
        path: 'syncs.panel.mapping.title',
        message: 'the model has no column "job" (models/people.sql)',
      },
      {
        path: 'syncs.panel.mapping.city',
        message: 'the model has 2 columns that "city" could mean; name them apart (models/people.sql)',
      },
      {
        path: 'syncs.panel.mapping.characteristics.plan',
        message: 'the model has no column "plan" (models/people.sql)',
      },
    ]);
  });

  it('throws one error that a person can act on', () => {
    const faulty = { fields: { city: 'town' }, characteristics: {} };
    const sync: SyncSettings = { ...defaultSync, mode: 'insert', key: 'uuid', mapping: faulty };
    const message = [
      'The mapping does not fit the model:',
      '  syncs.panel.key: the model has no column "uuid" (models/people.sql)',
      '  syncs.panel.mapping.city: the model has no column "town" (models/people.sql)',
    ].join('\n');
    expect(() => projectMappingOrThrow(sync, columns))
      .to.throw(PanelsyncError, message)
      .with.deep.include({ code: 'mapping_mismatch', recovery: 'usage' })
      .and.with.property('hint')
      .that.contains('id, city, Email, plan, seats, joined');
  });
});

describe('fingerprint of a projection', () => {
  const fingerprint = projectionOf({ mapping }, columns).fingerprint;
  const characteristics = mapping.characteristics;

  const same: readonly [string, Partial<SyncSettings>, typeof columns][] = [
    [
      'the mapping is written in another order',
      { mapping: { ...mapping, fields: { email: 'email', city: 'city' } } },
      columns,
    ],
    [
      'the characteristics are',
      { mapping: { ...mapping, characteristics: Object.fromEntries(Object.entries(characteristics).toReversed()) } },
      columns,
    ],
    ['the model has another column', { mapping }, [...columnsOf(['a']), ...columns]],
    ['the mode is another one', { mapping, mode: 'update' }, columns],
    [
      'the phone settings change while no phone is mapped',
      { mapping, phone: { defaultCountry: 'DE', invalid: 'reject' } },
      columns,
    ],
    [
      'a type is named that the column has anyway',
      { mapping: { ...mapping, characteristics: { ...characteristics, seats: { column: 'seats', type: 'number' } } } },
      columns,
    ],
  ];
  for (const [name, sync, model] of same) {
    it(`stays when ${name}`, () => {
      expect(projectionOf(sync, model).fingerprint).to.equal(fingerprint);
    });
  }

  const withPhone = { ...mapping, fields: { ...mapping.fields, phone_number: 'plan' } };
  const other: readonly [string, Partial<SyncSettings>, typeof columns][] = [
    [
      'a field is mapped in addition',
      { mapping: { ...mapping, fields: { ...mapping.fields, title: 'plan' } } },
      columns,
    ],
    [
      'a field is filled by another column',
      { mapping: { ...mapping, fields: { email: 'email', city: 'plan' } } },
      columns,
    ],
    [
      'a characteristic has another slug',
      { mapping: { ...mapping, characteristics: { ...characteristics, Tier: { column: 'plan', type: null } } } },
      columns,
    ],
    [
      'a characteristic has another type',
      { mapping: { ...mapping, characteristics: { ...characteristics, seats: { column: 'seats', type: 'text' } } } },
      columns,
    ],
    ['nulls are sent', { mapping, nulls: 'null' }, columns],
    ['a column changes its kind', { mapping }, columnsOf(['city', 'Email', 'plan', 'seats'])],
    ['a phone is mapped', { mapping: withPhone }, columns],
  ];
  for (const [name, sync, model] of other) {
    it(`changes when ${name}`, () => {
      expect(projectionOf(sync, model).fingerprint).not.to.equal(fingerprint);
    });
  }

  it('changes when two fields change their columns', () => {
    const pairs = [
      { city: 'city', title: 'plan' },
      { city: 'plan', title: 'city' },
    ];
    const prints = pairs.map(
      (pair) =>
        projectionOf({ mapping: { fields: { email: 'email', ...pair }, characteristics: {} } }, columns).fingerprint,
    );
    expect(prints[0]).not.to.equal(prints[1]);
  });

  it('changes with the phone settings where a phone is mapped', () => {
    const settings = [
      { defaultCountry: null, invalid: 'keep' },
      { defaultCountry: 'US', invalid: 'keep' },
      { defaultCountry: 'US', invalid: 'omit' },
    ] as const;
    const prints = settings.map((phone) => projectionOf({ mapping: withPhone, phone }, columns).fingerprint);
    expect(new Set(prints).size).to.equal(3);
  });

  it('is the same in every release, because all rows are looked at again when it changes', () => {
    // When it has to change, so has the version in it; the digits here follow.
    expect(fingerprint).to.equal('23f950d97f87dc12');
    expect(projectionOf({ mapping: withPhone, mode: 'insert', key: 'id' }, columns).fingerprint).to.equal(
      '1101311ac76e083e',
    );
  });

  it('distinguishes a key column from the e-mail', () => {
    const keyed = projectionOf({ mapping, mode: 'insert', key: 'email' }, columns);
    expect(keyed.positions).to.deep.equal([2, 1, 3, 4]);
    expect(keyed.fingerprint).not.to.equal(fingerprint);
  });
});
