import { expect } from 'chai';
import { CursorCipher } from '../../../../src/server/people/cursor-cipher.ts';
import { maskPeople } from '../../../../src/server/people/mask.ts';

describe('masking people', () => {
  it('keeps what happened, and nothing of whom', () => {
    const masked = maskPeople({
      items: [
        {
          email: 'ada.lovelace@example.test',
          key: 'p-4711',
          by: 'destination',
          code: 'taken',
          message: 'ada.lovelace@example.test has +1 (415) 555-2671 already',
          field: 'email',
          faults: [{ field: 'phone_number', code: 'phone_invalid', message: 'the phone number does not parse' }],
          runId: '17',
          attempts: 3,
          open: true,
          firstSeenAt: '2026-11-23T20:15:00.000Z',
          nickname: 'Ada',
        },
      ],
      sample: [
        {
          operation: 'update',
          email: 'ada@example.test',
          fields: { city: ['London', null], 'characteristics.age': [36, 37], 'characteristics.vip': [null, true] },
        },
      ],
      rows: { read: 3, inserted: 1 },
    });
    const dots = '•••';
    expect(masked).to.deep.equal({
      items: [
        {
          email: `a${dots}@e${dots}.test`,
          key: dots,
          by: 'destination',
          code: 'taken',
          message: `a${dots}@e${dots}.test has ${dots} already`,
          field: 'email',
          faults: [{ field: 'phone_number', code: 'phone_invalid', message: 'the phone number does not parse' }],
          runId: '17',
          attempts: 3,
          open: true,
          firstSeenAt: '2026-11-23T20:15:00.000Z',
          nickname: dots,
        },
      ],
      sample: [
        {
          operation: 'update',
          email: `a${dots}@e${dots}.test`,
          fields: {
            city: [dots, null],
            'characteristics.age': [dots, dots],
            'characteristics.vip': [null, dots],
          },
        },
      ],
      rows: { read: 3, inserted: 1 },
    });
  });

  it('masks odd addresses too', () => {
    const odd = [
      'a@b',
      '"a b"@c.de',
      'ünal@bücher.example',
      ' x@y.co ',
      '@',
      'ada@@example.test',
      'ada at example',
      '',
    ];
    for (const email of odd) {
      const masked = (maskPeople({ email }) as { readonly email: string }).email;
      expect(masked, email).to.contain('•••');
      expect(masked.replaceAll(/[•@]/g, '').length, masked).to.be.at.most('ab.example'.length);
    }
  });

  it('masks what is named like something harmless inside of a person’s values', () => {
    expect(maskPeople({ fields: { code: ['X-1', 'X-2'], message: ['hi', null], nested: { id: 'x' } } })).to.deep.equal({
      fields: { code: ['•••', '•••'], message: ['•••', null], nested: { id: '•••' } },
    });
  });
});

describe('a cursor for masked lists', () => {
  const cursor = Buffer.from(JSON.stringify(['rejections 17', 'ada@example.test'])).toString('base64url');

  it('shows nothing of the item that it names, and is read by every process with the same tokens', () => {
    const encrypted = new CursorCipher('one').encrypt(cursor);
    expect(Buffer.from(encrypted, 'base64url').toString()).to.not.contain('ada');
    expect(encrypted).to.not.equal(new CursorCipher('one').encrypt(cursor));
    expect(new CursorCipher('one').decrypt(encrypted)).to.equal(cursor);
    expect(encodeURIComponent(encrypted)).to.equal(encrypted);
  });

  it('is left as it is where it is plain, another process’s, cut short or changed', () => {
    const encrypted = new CursorCipher('one').encrypt(cursor);
    for (const text of [cursor, '', '~', encrypted.slice(0, 30), encrypted.slice(0, -2)])
      expect(new CursorCipher('one').decrypt(text)).to.equal(text);
    expect(new CursorCipher('two').decrypt(encrypted)).to.equal(encrypted);
  });
});
