import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Check } from '../../../src/commands/check/check-result.ts';
import type { RunReport } from '../../../src/core/model/terms.ts';
import { parseJsonOutput, runCli } from '../../helpers/cli/cli.ts';
import type { CliResult } from '../../helpers/cli/cli.ts';
import { runInProcess } from '../../helpers/cli/in-process.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { findPgbouncer, startPgbouncer } from '../../helpers/postgres/pgbouncer.ts';
import { createDatabase, query } from '../../helpers/postgres/postgres.ts';
import type { TestDatabase } from '../../helpers/postgres/postgres.ts';
import { startReplicas, systemPostgresFolder } from '../../helpers/postgres/system-postgres.ts';
import { waitUntil } from '../../helpers/wait-until.ts';

/** What `check` says of everything but the wire profile, and what a run then does: they must agree. */
interface Agreement {
  readonly exitCode: number | null;
  /** Of the first check that failed; `null`: none has. */
  readonly code: string | null;
}

describe('panelsync check agrees with a run', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople([{ email: 'ada@example.test' }]);
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  /** Only a process of its own can have another temporary folder. */
  function execute(args: readonly string[], env: Readonly<Record<string, string>>): Promise<CliResult> {
    return (env['TMPDIR'] === undefined ? runInProcess : runCli)(args, project.withEnv(env));
  }

  async function check(env: Readonly<Record<string, string>>): Promise<Agreement> {
    const result = await execute(['check', 'panel', '--json'], env);
    const { checks } = parseJsonOutput<{ checks: readonly Check[] }>(result);
    return { exitCode: result.code, code: checks.find(({ status }) => status === 'fault')?.code ?? null };
  }

  /** A run on the same settings; it must send nothing unless it succeeds. */
  async function run(env: Readonly<Record<string, string>>): Promise<Agreement> {
    const result = await execute(['run', 'panel', '--json'], env);
    const { error } = parseJsonOutput<Pick<RunReport, 'error'>>(result);
    expect(panel.newRequests(), result.stderr).to.equal(error === null ? 1 : 0);
    return { exitCode: result.code, code: error?.code ?? null };
  }

  async function expectAgreement(env: Readonly<Record<string, string>>, expected: Agreement): Promise<void> {
    expect(await check(env), 'check').to.deep.equal(expected);
    expect(await run(env), 'run').to.deep.equal(expected);
  }

  describe('for a role of the state database', () => {
    let state: TestDatabase;
    let role: string;
    beforeEach(async () => {
      state = await createDatabase();
      role = `r${state.name.slice(-8)}`;
      await query(state.url, `create role ${role} login password 'x'`);
      await query(state.url, `revoke all on database ${state.name} from public`);
    });
    afterEach(async () => {
      await state.drop();
      await query(panel.url, `drop role ${role}`);
    });

    function migrate(): Promise<unknown> {
      return runInProcess(['migrate'], project.withEnv({ DATABASE_URL: state.url }));
    }

    /** Each case: what is granted, after the tables were created by another role or not. */
    const cases: readonly (readonly [string, readonly string[], { migrated: boolean }, Agreement])[] = [
      [
        'with CREATE and TEMPORARY',
        ['create, temporary on database'],
        { migrated: false },
        { exitCode: 0, code: null },
      ],
      ['without TEMPORARY', ['create on database'], { migrated: false }, { exitCode: 1, code: 'state_rights' }],
      ['without CREATE', ['temporary on database'], { migrated: false }, { exitCode: 1, code: 'state_rights' }],
      [
        'with the rights on the tables that another role created',
        ['temporary on database', 'usage on schema', 'select, insert, update, delete on all tables in schema'],
        { migrated: true },
        { exitCode: 0, code: null },
      ],
      [
        'without TEMPORARY, on tables that another role created',
        ['usage on schema', 'select, insert, update, delete on all tables in schema'],
        { migrated: true },
        { exitCode: 1, code: 'state_rights' },
      ],
      [
        'that may only read the tables',
        ['temporary on database', 'usage on schema', 'select on all tables in schema'],
        { migrated: true },
        { exitCode: 1, code: 'state_rights' },
      ],
      [
        'without USAGE on the schema',
        ['temporary on database'],
        { migrated: true },
        { exitCode: 1, code: 'state_rights' },
      ],
    ];
    for (const [title, grants, { migrated }, expected] of cases) {
      it(title, async () => {
        if (migrated) await migrate();
        for (const grant of ['connect on database', ...grants]) {
          await query(state.url, `grant ${grant} ${grant.endsWith('database') ? state.name : 'panelsync'} to ${role}`);
        }
        const url = new URL(state.url);
        [url.username, url.password] = [role, 'x'];
        await expectAgreement({ DATABASE_URL: url.href }, expected);
      });
    }

    it('leaves nothing behind in the database', async () => {
      expect(await check({ DATABASE_URL: state.url })).to.deep.equal({ exitCode: 0, code: null });
      expect(await query(state.url, `select from pg_namespace where nspname = 'panelsync'`)).to.deep.equal([]);
    });
  });

  it('for a snapshot that belongs to another Hub', async () => {
    await run({});
    await panel.sql("update panelsync.syncs set hub_address = 'https://former.test/api'");
    await expectAgreement({}, { exitCode: 2, code: 'another_hub' });
  });

  describe('for the temporary folder', () => {
    let folder: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'panelsync-temporary-'));
      await writeFile(join(folder, 'file'), '');
    });
    after(() => rm(folder, { recursive: true, force: true }));

    for (const name of ['missing', 'file']) {
      it(`that is ${name === 'file' ? 'a file' : name}`, async () => {
        await expectAgreement({ TMPDIR: join(folder, name) }, { exitCode: 2, code: 'temporary_folder' });
      });
    }
  });

  if (systemPostgresFolder === null) {
    it('NOT TESTED on a hot standby: the packages of the system have no pg_basebackup', () => undefined);
  } else {
    it('on a hot standby as state, and as warehouse', async () => {
      const { primary, standby } = await startReplicas();
      try {
        await expectAgreement({ DATABASE_URL: standby.url }, { exitCode: 1, code: 'state_read_only' });
        await query(primary.url, "create table people as select 1 as id, 'ada@example.test' as email");
        await query(primary.url, 'alter table people add first_name text, add city text, add plan text, add note text');
        const columns = "select from information_schema.columns where table_name = 'people' and column_name = 'note'";
        await waitUntil(async () => (await query(standby.url, columns)).length === 1);
        await expectAgreement({ WAREHOUSE_URL: standby.url }, { exitCode: 0, code: null });
      } finally {
        await primary.stop();
      }
    });
  }

  const pgbouncer = findPgbouncer();
  if (pgbouncer === null) {
    it('NOT TESTED behind a pooler: pgbouncer is not installed', () => undefined);
  } else {
    it('behind a pooler in transaction mode, which serves as warehouse only', async () => {
      const pooler = await startPgbouncer(pgbouncer, panel.url, { pool_mode: 'transaction' });
      try {
        await expectAgreement({ DATABASE_URL: pooler.url }, { exitCode: 2, code: 'state_pooler' });
        await expectAgreement({ WAREHOUSE_URL: pooler.url }, { exitCode: 0, code: null });
      } finally {
        await pooler.stop();
      }
    });

    it('behind a pooler in session mode', async () => {
      const pooler = await startPgbouncer(pgbouncer, panel.url, { pool_mode: 'session' });
      try {
        await expectAgreement({ DATABASE_URL: pooler.url, WAREHOUSE_URL: pooler.url }, { exitCode: 0, code: null });
      } finally {
        await pooler.stop();
      }
    });
  }
});
