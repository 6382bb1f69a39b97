import { expect } from 'chai';
import { createPayloadCodec } from '../../../../src/core/model/payload-codec.ts';
import { hashedCodec, testHashKey, keyedCodec, plainCodec } from '../../../helpers/fixtures/payload-codecs.ts';

const key = 'ada@example.test';
const text = (city: string | null, seats: number | null = null): string =>
  JSON.stringify({ fields: { email: key, city }, characteristics: { seats } });

describe('keeping payloads', () => {
  it('recognises a payload however it was kept', () => {
    const stored = [plainCodec.payloadHash(key, text('Rome')), hashedCodec.payloadHash(key, text('Rome'))];
    for (const hash of stored) {
      for (const keeping of [hashedCodec, keyedCodec]) {
        expect(keeping.matches(hash, key, text('Rome'))).to.equal(true);
        expect(keeping.matches(hash, key, text('Paris'))).to.equal(false);
      }
    }
    expect(stored.map((hash) => plainCodec.matches(hash, key, text('Rome')))).to.deep.equal([true, false]);
  });

  it('keys a plain hash to what it would have been', () => {
    const plain = plainCodec.payloadHash(key, text('Rome'));
    expect(keyedCodec.toKeyedHash(key, plain)).to.equal(hashedCodec.payloadHash(key, text('Rome')));
  });

  it('gives everybody hashes of their own, which say nothing without the key', () => {
    const other = createPayloadCodec({ payload: 'hashed', hashKey: testHashKey.toUpperCase() });
    const hashes = [
      hashedCodec.payloadHash(key, text('Rome')),
      hashedCodec.payloadHash('bob@example.test', text('Rome')),
      other.payloadHash(key, text('Rome')),
      plainCodec.payloadHash(key, text('Rome')),
    ];
    expect(new Set(hashes).size).to.equal(4);
    expect(hashedCodec.fingerprint('f'))
      .to.match(/^[\da-f]{32}$/)
      .and.not.to.equal(other.fingerprint('f'));
    expect(keyedCodec.fingerprint('f'), 'in full nothing changes').to.equal('f');
  });

  it('shows values only where both sides are kept in full', () => {
    const hashed = hashedCodec.encode(key, text('Rome')) ?? '';
    expect(plainCodec.diff(key, text('Rome'), text('Paris', 3))).to.deep.equal({
      city: ['Rome', 'Paris'],
      'characteristics.seats': [null, 3],
    });
    const hidden = { city: ['…', '…'], 'characteristics.seats': [null, '…'] };
    expect(hashedCodec.diff(key, hashed, text('Paris', 3))).to.deep.equal(hidden);
    expect(keyedCodec.diff(key, hashed, text('Paris', 3))).to.deep.equal(hidden);
    expect(hashedCodec.diff(key, text('Rome'), text('Paris', 3))).to.deep.equal(hidden);
    expect(hashedCodec.diff(key, hashed, text('Rome'))).to.deep.equal({});
    expect(hashedCodec.diff(key, null, text(null))).to.deep.equal({ email: [null, '…'] });
    expect(hashedCodec.diff(key, hashed, text(null))).to.deep.equal({ city: ['…', null] });
  });

  it('finds again what was stored by earlier versions', () => {
    expect([
      hashedCodec.keyFingerprint,
      hashedCodec.fingerprint('f'),
      hashedCodec.payloadHash(key, text('Rome')),
      hashedCodec.encode(key, text('Rome')),
      hashedCodec.personHash('email', key),
      hashedCodec.personHash('key', key),
      hashedCodec.planKey(key),
      plainCodec.planKey(key),
    ]).to.deep.equal([
      '0840a2caa3b725de889fd73ca98d8c05',
      'fb327c37af443193cd3e3c449422b8e8',
      '7c018dacef64ef204929ab0bc39305bc',
      '{"hashed":{"email":"be5a1ad272a43263bbc6193dc3a0bdbc","city":"e87891b14f52ada6b81670d1c1bdf239"}}',
      'fdb0ebd15b0b0433d125eb3e208b054d',
      '881e22387e9df826c56a3d483e65f27b',
      '6345564db8535d38c6088a3de39618ab',
      key,
    ]);
  });

  it('asks for the key where it cannot do without', () => {
    expect(() => plainCodec.personHash('email', key))
      .to.throw()
      .that.includes({
        code: 'hash_key_missing',
        recovery: 'usage',
        message:
          'state.hashKey is not set: people are kept as keyed hashes under it, and those who are forgotten are known by it.',
        hint: 'Make one with `openssl rand -hex 32`, put it into PANELSYNC_HASH_KEY, set state.hashKey to ${PANELSYNC_HASH_KEY}, and keep it as safe as the API key: without it nothing that was hashed can be compared any more.',
      });
    expect(plainCodec.keyFingerprint).to.equal(null);
    expect(hashedCodec.keyFingerprint).to.equal(keyedCodec.keyFingerprint);
    expect(hashedCodec.personHash('email', 'a')).not.to.equal(hashedCodec.personHash('key', 'a'));
  });
});
