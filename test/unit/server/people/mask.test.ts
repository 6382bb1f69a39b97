import { expect } from 'chai';
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
