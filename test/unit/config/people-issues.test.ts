import { expect } from 'chai';
import { issuesOf, replaceInConfig } from '../../helpers/fixtures/minimal-config.ts';

/** A setting of the sync, what is wrong with it, and where. */
const cases: readonly (readonly [setting: string, message: string, path?: string])[] = [
  [
    'removed: { action: delete, set: { title: x }, restore: { title: y } }',
    'unknown action `delete`',
    'removed.action',
  ],
  ['removed: { action: mark, set: { title: x } }', 'is required', 'removed.restore'],
  ['removed: { action: mark, set: {}, restore: { title: y } }', 'sets no field', 'removed.set'],
  ['removed: { action: mark, set: { email: x }, restore: { title: y } }', 'unknown key `email`', 'removed.set.email'],
  [
    'removed: { action: mark, set: { characteristics: { plan: gone } }, restore: { title: y } }',
    'is mapped to a column, which decides its value',
    'removed.set.characteristics.plan',
  ],
  [
    'removed: { action: mark, set: { title: x }, restore: { characteristics: { gone: [1] } } }',
    'must be text or a number or true or false, but is a list',
    'removed.restore.characteristics.gone',
  ],
  ['identity: email', 'is the column with the e-mail', 'identity'],
  ['identity: 7', 'must be text, but is a number', 'identity'],
  ['removed: [mark]', 'must be report or a mapping of keys to values, but is a list'],
];

async function messagesOf(settings: string): Promise<readonly string[]> {
  const issues = await issuesOf(replaceInConfig('    source: warehouse\n', `    source: warehouse\n${settings}`));
  return issues.map(({ path, line, message }) => `${line ?? '-'} ${path}: ${message}`);
}

describe('issues with how a sync follows people', () => {
  for (const [setting, message, path = 'removed'] of cases) {
    it(`are reported for "${setting}"`, async () => {
      expect(await messagesOf(`    ${setting}\n`)).to.deep.equal([`12 syncs.people.${path}: ${message}`]);
    });
  }

  it('refuse an identity beside another key', async () => {
    const settings = '    mode: insert\n    key: id\n    identity: person_id\n';
    expect(await messagesOf(settings)).to.deep.equal(['14 syncs.people.identity: is not allowed beside key']);
  });

  it('refuse to mark people in insert mode', async () => {
    const settings = '    mode: insert\n    removed: { action: mark, set: { title: x }, restore: { title: y } }\n';
    expect(await messagesOf(settings)).to.deep.equal(['13 syncs.people.removed: needs mode upsert or update']);
  });
});
