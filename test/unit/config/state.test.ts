import { expect } from 'chai';
import {
  issuesOf,
  parseValidConfig,
  minimalEnvironment,
  replaceInConfig,
} from '../../helpers/fixtures/minimal-config.ts';

const long = 'k'.repeat(32);

/** The small configuration with more settings of the state. */
function withState(settings: string): string {
  return replaceInConfig('  url: ${DATABASE_URL:-}\n', `  url: \${DATABASE_URL:-}\n${settings}`);
}

describe('the payload settings of the configuration', () => {
  it('take a hash key from the environment', async () => {
    const text = withState('  payload: hashed\n  hashKey: ${PANELSYNC_HASH_KEY:-}\n');
    const { state } = await parseValidConfig(text, { ...minimalEnvironment, PANELSYNC_HASH_KEY: long });
    expect([state.payload, state.hashKey]).to.deep.equal(['hashed', long]);
  });

  for (const settings of ['  payload: hashed\n', '  payload: hashed\n  hashKey: ${PANELSYNC_HASH_KEY:-}\n']) {
    it(`explain how to create a missing hash key: ${settings.trim().replace('\n', ',')}`, async () => {
      const [issue, ...others] = await issuesOf(withState(settings));
      expect([issue?.path, issue?.message, others]).to.deep.equal(['state.payload', 'hashed needs state.hashKey', []]);
      expect(issue?.hint).to.contain('openssl rand -hex 32').and.to.contain('PANELSYNC_HASH_KEY');
    });
  }

  it('refuse a short key without showing it', async () => {
    const secret = long.slice(1);
    const issues = await issuesOf(withState(`  hashKey: ${secret}\n`));
    expect(issues.map(({ path, message }) => [path, message])).to.deep.equal([
      ['state.hashKey', 'must have at least 32 characters'],
    ]);
    expect(JSON.stringify(issues)).not.to.contain(secret);
  });
});
