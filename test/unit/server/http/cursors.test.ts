import { expect } from 'chai';
import { PanelsyncError } from '../../../../src/core/errors.ts';
import { Cursors } from '../../../../src/server/http/cursors.ts';

describe('a cursor', () => {
  const list = 'rejections 17';
  const cursors = new Cursors('one');

  it('shows nothing of the item that it names, and is read by every process with the same token', () => {
    const cursor = cursors.encode(list, 'ada@example.test');
    expect(Buffer.from(cursor, 'base64url').toString()).to.not.contain('ada');
    expect(cursor).to.not.equal(cursors.encode(list, 'ada@example.test'));
    expect(new Cursors('one').decode(list, cursor)).to.equal('ada@example.test');
    expect(encodeURIComponent(cursor)).to.equal(cursor);
    expect(new Cursors('one').shuffleKey).to.equal(cursors.shuffleKey);
  });

  it('is refused where it is of another list or process, cut short, changed or made up', () => {
    const cursor = cursors.encode(list, 'ada@example.test');
    const changed = `${cursor.slice(0, 5)}${cursor[5] === 'A' ? 'B' : 'A'}${cursor.slice(6)}`;
    const madeUp = Buffer.from(JSON.stringify([list, 'ada'])).toString('base64url');
    const refusals: readonly (readonly [Cursors, string, string])[] = [
      [cursors, 'rejections 18', cursor],
      [new Cursors('two'), list, cursor],
      [new Cursors(null), list, new Cursors(null).encode(list, 'ada')],
      ...['', 'x', '~', madeUp, changed, cursor.slice(0, 30), cursor.slice(0, -2)].map(
        (text) => [cursors, list, text] as const,
      ),
    ];
    for (const [reader, name, text] of refusals) {
      expect(() => reader.decode(name, text), text)
        .to.throw(PanelsyncError)
        .with.property('code', 'bad_request');
    }
  });
});
