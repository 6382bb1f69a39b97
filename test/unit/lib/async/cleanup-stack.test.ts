import { expect } from 'chai';
import { CleanupStack } from '../../../../src/lib/async/cleanup-stack.ts';
import { thrownError } from '../../../helpers/thrown-error.ts';

describe('releasers', () => {
  it('close in reverse order, one after the other', async () => {
    const order: string[] = [];
    const releasers = new CleanupStack();
    releasers.add(() => void order.push('first opened'));
    releasers.add(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push('last opened');
    });
    await releasers.closeAll();
    expect(order).to.deep.equal(['last opened', 'first opened']);
  });

  it('close everything although some fail, and throw the first failure', async () => {
    let closed = false;
    const releasers = new CleanupStack();
    releasers.add(() => void (closed = true));
    releasers.add(() => Promise.reject(new Error('second')));
    releasers.add(() => {
      throw new Error('first');
    });
    const error = await thrownError(releasers.closeAll());
    expect(error).to.have.property('message', 'first');
    expect(closed).to.equal(true);
  });

  it('close nothing twice', async () => {
    let times = 0;
    const releasers = new CleanupStack();
    releasers.add(() => void (times += 1));
    await releasers.closeAll();
    await releasers.closeAll();
    expect(times).to.equal(1);
  });
});
