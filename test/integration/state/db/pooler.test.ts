import { expect } from 'chai';
import { openDatabase } from '../../../../src/state/db/database.ts';
import type { Database } from '../../../../src/state/db/database.ts';
import { migrate } from '../../../../src/state/db/migrate.ts';
import { findPgbouncer, startPgbouncer } from '../../../helpers/postgres/pgbouncer.ts';
import type { Pooler } from '../../../helpers/postgres/pgbouncer.ts';
import { createDatabase } from '../../../helpers/postgres/postgres.ts';
import type { TestDatabase } from '../../../helpers/postgres/postgres.ts';
import { panelsyncErrorOf } from '../../../helpers/thrown-error.ts';

const program = findPgbouncer();

/** Settings of pgbouncer, and what becomes of a state behind it. */
const cases: readonly [string, Readonly<Record<string, string>>, string | null][] = [
  ['in transaction mode is refused', { pool_mode: 'transaction' }, 'state_pooler'],
  [
    'in transaction mode that takes its servers in turn is refused',
    { pool_mode: 'transaction', server_round_robin: '1', min_pool_size: '5' },
    'state_pooler',
  ],
  ['in session mode is fine', { pool_mode: 'session' }, null],
];

describe('a state database behind a pooler', () => {
  let created: TestDatabase;
  let pooler: Pooler | null = null;
  let database: Database | null = null;
  before(async () => {
    created = await createDatabase();
  });
  afterEach(async () => {
    await database?.close();
    await pooler?.stop();
  });
  after(() => created.drop());

  if (program === null) {
    it('IS NOT TESTED HERE: pgbouncer is not installed', () => {
      process.emitWarning('pgbouncer is not installed: the tests of poolers are left out');
    });
  }

  for (const [title, settings, code] of program === null ? [] : cases) {
    it(title, async () => {
      pooler = await startPgbouncer(program ?? '', created.url, settings);
      database = openDatabase(pooler.url, 'panelsync');
      const { query, dedicatedClient } = database;
      const uses = [
        () => query({ text: 'select 1' }),
        async () => (await dedicatedClient()).end(),
        () => migrate(database ?? expect.fail()),
      ];
      for (const use of uses) {
        if (code === null) await use();
        else expect(await panelsyncErrorOf(use())).to.include({ code, recovery: 'usage' });
      }
    });
  }
});
