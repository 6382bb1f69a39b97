import { expect } from 'chai';
import { requireEmailKey } from '../../../src/sync/model-projection.ts';
import { defaultSync } from '../../helpers/fixtures/default-sync.ts';

describe('commands that find people in the Hub', () => {
  it('need a sync that keys its rows by e-mail', () => {
    expect(() => requireEmailKey(defaultSync, 'verify')).not.to.throw();
    expect(() => requireEmailKey({ ...defaultSync, key: 'id' }, 'verify'))
      .to.throw()
      .that.includes({
        code: 'no_email_key',
        recovery: 'usage',
        message:
          'verify finds people by their e-mail, and the sync "panel" keys its rows by the column "id", which the Hub does not have.',
        hint: 'Remove syncs.panel.key, or use a sync of the same people that is keyed by e-mail.',
      });
  });
});
