import { expect } from 'chai';
import { readAhead } from '../../../../src/lib/async/read-ahead.ts';
import { thrownError } from '../../../helpers/thrown-error.ts';

describe('reading ahead', () => {
  let calls: string[];

  async function* numbers(count: number, failsAt = Number.POSITIVE_INFINITY): AsyncGenerator<number> {
    try {
      for (let n = 1; n <= count; n += 1) {
        calls.push(`ask ${n}`);
        await Promise.resolve();
        if (n === failsAt) throw new Error(`no ${n}`);
        yield n;
      }
    } finally {
      calls.push('close');
    }
  }

  async function use(items: AsyncIterable<number>, until = Number.POSITIVE_INFINITY): Promise<void> {
    for await (const n of items) {
      calls.push(`use ${n}`);
      if (n === until) break;
    }
  }

  beforeEach(() => (calls = []));

  it('asks for the next item before the one that came is used', async () => {
    await use(readAhead(numbers(3)));
    expect(calls).to.deep.equal(['ask 1', 'ask 2', 'use 1', 'ask 3', 'use 2', 'close', 'use 3']);
  });

  it('of nothing is nothing', async () => {
    await use(readAhead(numbers(0)));
    expect(calls).to.deep.equal(['close']);
  });

  it('throws a failure when its item is due, after all items before it', async () => {
    const thrown = await thrownError(use(readAhead(numbers(3, 3))));
    expect(thrown).to.have.property('message', 'no 3');
    expect(calls).to.deep.equal(['ask 1', 'ask 2', 'use 1', 'ask 3', 'close', 'use 2']);
  });

  it('closes what it reads when nobody wants more, and keeps a failure of what nobody wanted to itself', async () => {
    const unheard: unknown[] = [];
    const hear = (reason: unknown): void => void unheard.push(reason);
    process.on('unhandledRejection', hear);
    try {
      await use(readAhead(numbers(3, 2)), 1);
      for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.off('unhandledRejection', hear);
    }
    expect(calls).to.deep.equal(['ask 1', 'ask 2', 'close', 'use 1']);
    expect(unheard).to.deep.equal([]);
  });
});
