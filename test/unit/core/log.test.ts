import { expect } from 'chai';
import { createLog } from '../../../src/core/log.ts';

describe('the log', () => {
  it('looks at nothing of an event below its level', () => {
    const log = createLog({ level: 'info', format: 'json' });
    let looked = 0;
    const fields = {
      get rows(): number {
        looked += 1;
        return 100;
      },
    };
    log.debug('batch answered', fields);
    expect(looked).to.equal(0);
  });
});
