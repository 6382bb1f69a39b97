import { expect } from 'chai';
import { Client } from 'pg';
import { openDatabase } from '../../../../src/state/db/database.ts';
import type { Database } from '../../../../src/state/db/database.ts';
import { migrate, requireCurrent, requireUsable, schemaVersion } from '../../../../src/state/db/migrate.ts';
import { openRecords } from '../../../../src/state/queries/records.ts';
import { plainCodec } from '../../../helpers/fixtures/payload-codecs.ts';
import { defaultStateOptions } from '../../../helpers/panel/state-options.ts';
import { createDatabase, query } from '../../../helpers/postgres/postgres.ts';
import type { TestDatabase } from '../../../helpers/postgres/postgres.ts';
import { panelsyncErrorOf } from '../../../helpers/thrown-error.ts';

describe('migrations', () => {
  let created: TestDatabase;
  let opened: Database[];
  beforeEach(async () => {
    created = await createDatabase();
    opened = [];
  });
  afterEach(async () => {
    for (const database of opened) await database.close();
    await created.drop();
  });

  function open(schema = 'panelsync', url = created.url): Database {
    const database = openDatabase(url, schema);
    opened.push(database);
    return database;
  }

  it('make the tables once, and say what they applied', async () => {
    const database = open();
    expect(await schemaVersion(database)).to.equal(0);
    const applied = await migrate(database);
    expect(applied[0]).to.equal('0001_state.sql');
    expect(await migrate(database)).to.deep.equal([]);
    expect(await schemaVersion(database)).to.equal(applied.length);
    await requireCurrent(database);
  });

  it('of several processes at once are applied by one of them', async () => {
    const applied = await Promise.all(Array.from({ length: 5 }, () => migrate(open())));
    expect(applied.filter((names) => names.length > 0)).to.have.length(1);
  });

  it('of two schemas in one database are two states', async () => {
    await migrate(open('first'));
    const second = open('second');
    expect(await schemaVersion(second)).to.equal(0);
    await migrate(second);
    await query(created.url, "insert into first.syncs (name) values ('a')");
    expect(await second.query({ text: 'select from syncs' })).to.deep.equal([]);
  });

  it('that a process left locked when it died do not stop the next', async () => {
    const database = open();
    await migrate(database);
    await query(created.url, 'update panelsync.migrations_lock set is_locked = 1');
    expect(await migrate(database)).to.deep.equal([]);
  });

  describe('while another process holds their lock', () => {
    let holder: Client;
    beforeEach(async () => {
      holder = new Client({ connectionString: created.url });
      await holder.connect();
      await holder.query("select pg_advisory_lock(hashtextextended('panelsync:migrate:panelsync', 0))");
    });
    afterEach(() => holder.end());

    it('end their wait when the process is to stop, after they have said what they wait for', async () => {
      const stop = new AbortController();
      const onWait = (): void => stop.abort();
      const waiting = migrate(open(), { signal: stop.signal, onWait });
      expect(await panelsyncErrorOf(waiting)).to.include({ code: 'canceled', recovery: 'canceled' });
    });

    it('go on as soon as it lets go', async () => {
      const onWait = (): void => void holder.query('select pg_advisory_unlock_all()');
      const applied = await migrate(open(), { signal: new AbortController().signal, onWait });
      expect(applied).to.have.length.above(0);
    });

    it('wait for nobody where there is nothing to apply', async () => {
      await holder.query('select pg_advisory_unlock_all()');
      await migrate(open());
      await holder.query("select pg_advisory_lock(hashtextextended('panelsync:migrate:panelsync', 0))");
      expect(await migrate(open())).to.deep.equal([]);
    });
  });

  it('of a newer version are refused, whatever is asked of them', async () => {
    const database = open();
    await migrate(database);
    await query(
      created.url,
      "insert into panelsync.migrations (name, batch, migration_time) values ('9999_future.sql', 2, now())",
    );
    const read = (state: Database): Promise<unknown> =>
      openRecords(state, { ...defaultStateOptions(state, 'http://hub.test'), codec: plainCodec });
    for (const work of [migrate, schemaVersion, requireCurrent, read]) {
      const { code, recovery, message } = await panelsyncErrorOf(work(database));
      expect([code, recovery]).to.deep.equal(['state_newer', 'usage']);
      expect(message).to.include('9999_future.sql');
    }
  });

  it('are not begun where names of another script have no form', async () => {
    const name = `narrow_${created.name.slice(-8)}`;
    await query(
      created.url,
      `create database ${name} encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0`,
    );
    const url = new URL(created.url);
    url.pathname = `/${name}`;
    try {
      const error = await panelsyncErrorOf(migrate(open('panelsync', url.href)));
      expect([error.code, error.recovery]).to.deep.equal(['state_encoding', 'usage']);
      expect(error.message).to.contain('LATIN1');
      expect(error.hint).to.contain('UTF8');
    } finally {
      await query(created.url, `drop database ${name} with (force)`);
    }
  });

  it('that are missing are told with the command that applies them', async () => {
    const { code, hint } = await panelsyncErrorOf(requireCurrent(open()));
    expect([code, hint]).to.deep.equal(['state_outdated', 'Run panelsync migrate.']);
  });

  it('need rights, a database and a server, and say which of them they miss', async () => {
    const role = `r${created.name.slice(-8)}`;
    await query(created.url, `create role ${role} login password 'secret-word'`);
    const poor = new URL(created.url);
    poor.username = role;
    poor.password = 'secret-word';
    const missing = new URL(created.url);
    missing.pathname = '/no_such_database';
    const nowhere = new URL(created.url);
    nowhere.port = '1';
    const stranger = new URL(created.url);
    stranger.password = 'not-the-password';
    const cases = [
      [poor, 'state_rights'],
      [missing, 'state_missing'],
      [nowhere, 'state_unreachable'],
      [stranger, 'state_login'],
    ] as const;
    try {
      for (const [url, code] of cases) {
        const error = await panelsyncErrorOf(migrate(open('panelsync', url.href)));
        expect(error.code).to.equal(code);
        expect(`${error.message} ${error.hint}`).not.to.include(url.password);
      }
    } finally {
      await query(created.url, `drop role ${role}`);
    }
  });

  it('on a read-only server say so', async () => {
    await query(created.url, `alter database ${created.name} set default_transaction_read_only = on`);
    for (const work of [migrate, requireUsable]) {
      expect((await panelsyncErrorOf(work(open()))).code).to.equal('state_read_only');
    }
  });
});
