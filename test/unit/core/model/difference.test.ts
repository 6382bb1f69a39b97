import { expect } from 'chai';
import { comparePayloads } from '../../../../src/core/model/difference.ts';
import type { ComparedPayloads } from '../../../../src/core/model/difference.ts';
import { projectMappingOrThrow } from '../../../../src/core/model/projection.ts';
import type { PayloadCodec } from '../../../../src/core/model/payload-codec.ts';
import type { Projection } from '../../../../src/core/model/projection.ts';
import type { SyncSettings } from '../../../../src/core/settings.ts';
import type { Column, FieldChanges, Payload } from '../../../../src/core/model/terms.ts';
import { hashedCodec, keyedCodec, plainCodec } from '../../../helpers/fixtures/payload-codecs.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';

const email = 'ada@example.test';
const mapping = {
  fields: { email: 'mail', first_name: 'first', city: 'town' },
  characteristics: { seats: { column: 'seats', type: 'number' as const } },
};
const columns = ['mail', 'first', 'town', 'seats', 'id'].map((name): Column => ({ name, kind: 'text', type: 'text' }));

function projectionOf(sync: Partial<SyncSettings> = {}): Projection {
  return projectMappingOrThrow({ ...defaultSync, mapping, ...sync }, columns);
}

describe('what differs between snapshot and Hub', () => {
  const text = (fields: Payload['fields'], characteristics: Payload['characteristics'] = {}): string =>
    JSON.stringify({ fields: { email, ...fields }, characteristics });

  function differing(
    snapshot: string,
    hub: string,
    {
      keeping = plainCodec,
      nulls = 'omit',
    }: { readonly keeping?: PayloadCodec; readonly nulls?: 'omit' | 'null' } = {},
  ): FieldChanges {
    return comparePayloads({ key: email, sent: snapshot, held: hub, heldBy: 'hub' }, projectionOf({ nulls }), keeping)
      .differing;
  }

  it('is every mapped field that was sent, but not the e-mail', () => {
    const hub = JSON.stringify({ fields: { email: 'ADA@example.test', city: 'Oslo' }, characteristics: { seats: 3 } });
    expect(differing(text({ city: 'Rome', title: 'Dr' }, { seats: 2, plan: 'pro' }), hub)).to.deep.equal({
      city: ['Rome', 'Oslo'],
      'characteristics.seats': [2, 3],
    });
  });

  it('is no field that was never sent, and one that was sent as null', () => {
    expect(differing(text({}), text({ city: 'Oslo' }))).to.deep.equal({});
    expect(differing(text({ city: null }), text({ city: 'Oslo' }))).to.deep.equal({ city: [null, 'Oslo'] });
    expect(differing(text({ city: 'Rome' }), text({}))).to.deep.equal({ city: ['Rome', null] });
  });

  it('is told by the sync where hashes keep no nulls', () => {
    const hashed = (fields: Payload['fields']): string => hashedCodec.encode(email, text(fields)) ?? '';
    const keeping = hashedCodec;
    expect(differing(hashed({}), hashed({ city: 'Oslo' }), { keeping })).to.deep.equal({});
    const asNulls = { keeping, nulls: 'null' } as const;
    expect(differing(hashed({}), hashed({ city: 'Oslo' }), asNulls)).to.deep.equal({ city: [null, '…'] });
    expect(differing(hashed({ city: 'Rome' }), hashed({ city: 'Oslo' }), { keeping })).to.deep.equal({
      city: ['…', '…'],
    });
    expect(differing(text({}), text({ city: 'Oslo' }), { nulls: 'null' }), 'in full the payload tells').to.deep.equal(
      {},
    );
  });
});

describe('what a run would change of a snapshot', () => {
  const text = (fields: Payload['fields']): string =>
    JSON.stringify({ fields: { email, ...fields }, characteristics: {} });

  function differing(
    sent: string,
    held: string,
    {
      sync = {},
      codec = plainCodec,
    }: { readonly sync?: Partial<SyncSettings>; readonly codec?: typeof plainCodec } = {},
  ): readonly string[] {
    const compared: ComparedPayloads = { key: email, sent, held, heldBy: 'snapshot' };
    return Object.keys(comparePayloads(compared, projectionOf(sync), codec).differing);
  }

  function kept(sent: string, held: string, codec = plainCodec): readonly string[] {
    return comparePayloads({ key: email, sent, held, heldBy: 'snapshot' }, projectionOf(), codec).kept;
  }

  it('is nothing where a cleared value is left out: the Hub keeps its value', () => {
    const [sent, held] = [text({ city: 'Rome' }), text({ city: 'Rome', first_name: 'Ada', title: 'Dr' })];
    for (const codec of [plainCodec, hashedCodec]) {
      const stored = codec.encode(email, held) ?? held;
      expect(differing(sent, stored, { codec })).to.deep.equal([]);
      expect(kept(sent, stored, codec)).to.deep.equal(['first_name']);
    }
  });

  it('is a null that the snapshot does not know of, and no null that it does', () => {
    const sent = text({ city: null });
    expect(differing(sent, text({}))).to.deep.equal(['city']);
    expect(differing(sent, text({ city: null }))).to.deep.equal([]);
    expect(differing(sent, text({ city: 'Rome' }))).to.deep.equal(['city']);
    expect(kept(sent, text({ city: 'Rome' }))).to.deep.equal([]);
    expect(
      differing(sent, keyedCodec.encode(email, text({})) ?? hashedCodec.encode(email, text({})) ?? '', {
        codec: hashedCodec,
      }),
    ).to.deep.equal(['city']);
  });

  it('is no other case of an e-mail, and another e-mail where rows have a key of their own', () => {
    const other = (address: string): string => JSON.stringify({ fields: { email: address }, characteristics: {} });
    expect(differing(text({}), other('ADA@Example.test'))).to.deep.equal([]);
    const sync = { key: 'id' };
    expect(differing(text({}), other('ADA@Example.test'), { sync })).to.deep.equal([]);
    expect(differing(text({}), other('bob@example.test'), { sync })).to.deep.equal(['email']);
  });
});
