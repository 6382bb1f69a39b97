import { expect } from 'chai';
import { requireStartable } from '../../../../src/state/trust/trust.ts';
import { keyedCodec, plainCodec } from '../../../helpers/fixtures/payload-codecs.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';
import { openPanel } from '../../../helpers/panel/panel.ts';
import type { RunOptions, TestPanel } from '../../../helpers/panel/panel.ts';
import { defaultStateOptions } from '../../../helpers/panel/state-options.ts';
import { errorCodeOf } from '../../../helpers/thrown-error.ts';

const otherHub: RunOptions = { hubAddress: 'https://production.test/api' };

describe('what stops a run before it reads, and check', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople([{ email: 'ada@example.test' }]);
    await panel.run();
  });
  after(() => panel.close());

  function startable({ hubAddress = panel.hub.url, codec = plainCodec, marks }: RunOptions): Promise<void> {
    const options = defaultStateOptions(panel.database, hubAddress);
    const { database } = panel;
    return requireStartable({ ...options, database, codec, sync: defaultSync, marks: marks ?? options.marks });
  }

  const cases: readonly (readonly [string, string, RunOptions, () => Promise<unknown>])[] = [
    ['another Hub', 'another_hub', otherHub, () => Promise.resolve()],
    [
      'a state that is noted as older',
      'state_older',
      {},
      () => panel.sql('update panelsync.syncs set distrusted_at = now()'),
    ],
    ['a run that the state has lost', 'state_older', {}, () => panel.sql('delete from panelsync.runs')],
    [
      'a sync that the state has lost',
      'state_older',
      {},
      () => panel.sql('truncate panelsync.snapshot, panelsync.runs, panelsync.syncs cascade'),
    ],
    [
      'another hash key',
      'hash_key_missing',
      {},
      async () => {
        await (await panel.records(keyedCodec)).forget({ email: 'bob@example.test', key: null, sync: null });
      },
    ],
  ];
  for (const [what, code, options, prepare] of cases) {
    it(`agree on ${what}, and only the run notes anything`, async () => {
      await prepare();
      const before = await panel.sql('select to_jsonb(s) as row from panelsync.syncs s');
      expect(await errorCodeOf(startable(options)), 'check').to.equal(code);
      expect(await panel.sql('select to_jsonb(s) as row from panelsync.syncs s')).to.deep.equal(before);
      expect(await errorCodeOf(panel.run(options)), 'run').to.equal(code);
    });
  }

  it('agree that nothing does, on a sync that never ran as well', async () => {
    await startable({});
    await panel.run();
    await panel.sql('truncate panelsync.state_identity, panelsync.snapshot, panelsync.runs, panelsync.syncs cascade');
    await startable(otherHub);
    await panel.run(otherHub);
  });
});
