import { expect } from 'chai';
import { createKeeping } from '../../src/core/keeping.ts';
import { hashedKeeping, hashKey, keyedKeeping, plainKeeping } from '../helpers/keeping.ts';

const key = 'ada@example.test';
const text = (city: string | null, seats: number | null = null): string =>
  JSON.stringify({ fields: { email: key, city }, characteristics: { seats } });

describe('keeping payloads', () => {
  it('recognises a payload however it was kept', () => {
    const stored = [plainKeeping.payloadHash(key, text('Rome')), hashedKeeping.payloadHash(key, text('Rome'))];
    for (const hash of stored) {
      for (const keeping of [hashedKeeping, keyedKeeping]) {
        expect(keeping.isSame(hash, key, text('Rome'))).to.equal(true);
        expect(keeping.isSame(hash, key, text('Paris'))).to.equal(false);
      }
    }
    expect(stored.map((hash) => plainKeeping.isSame(hash, key, text('Rome')))).to.deep.equal([true, false]);
  });

  it('keys a plain hash to what it would have been', () => {
    const plain = plainKeeping.payloadHash(key, text('Rome'));
    expect(keyedKeeping.keyed(key, plain)).to.equal(hashedKeeping.payloadHash(key, text('Rome')));
  });

  it('gives everybody hashes of their own, which say nothing without the key', () => {
    const other = createKeeping({ payload: 'hashed', hashKey: hashKey.toUpperCase() });
    const hashes = [
      hashedKeeping.payloadHash(key, text('Rome')),
      hashedKeeping.payloadHash('bob@example.test', text('Rome')),
      other.payloadHash(key, text('Rome')),
      plainKeeping.payloadHash(key, text('Rome')),
    ];
    expect(new Set(hashes).size).to.equal(4);
    expect(hashedKeeping.fingerprint('f'))
      .to.match(/^[\da-f]{32}$/)
      .and.not.to.equal(other.fingerprint('f'));
    expect(keyedKeeping.fingerprint('f'), 'in full nothing changes').to.equal('f');
  });

  it('shows values only where both sides are kept in full', () => {
    const hashed = hashedKeeping.kept(key, text('Rome')) ?? '';
    expect(plainKeeping.changes(key, text('Rome'), text('Paris', 3))).to.deep.equal({
      city: ['Rome', 'Paris'],
      'characteristics.seats': [null, 3],
    });
    const hidden = { city: ['…', '…'], 'characteristics.seats': [null, '…'] };
    expect(hashedKeeping.changes(key, hashed, text('Paris', 3))).to.deep.equal(hidden);
    expect(keyedKeeping.changes(key, hashed, text('Paris', 3))).to.deep.equal(hidden);
    expect(hashedKeeping.changes(key, text('Rome'), text('Paris', 3))).to.deep.equal(hidden);
    expect(hashedKeeping.changes(key, hashed, text('Rome'))).to.deep.equal({});
    expect(hashedKeeping.changes(key, null, text(null))).to.deep.equal({ email: [null, '…'] });
    expect(hashedKeeping.changes(key, hashed, text(null))).to.deep.equal({ city: ['…', null] });
  });

  it('asks for the key where it cannot do without', () => {
    expect(() => plainKeeping.person('email', key))
      .to.throw()
      .that.includes({ code: 'hash_key_missing', recovery: 'usage' });
    expect(plainKeeping.keyFingerprint).to.equal(null);
    expect(hashedKeeping.keyFingerprint).to.equal(keyedKeeping.keyFingerprint);
    expect(hashedKeeping.person('email', 'a')).not.to.equal(hashedKeeping.person('key', 'a'));
  });
});
