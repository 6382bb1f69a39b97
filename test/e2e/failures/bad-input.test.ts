import { expect } from 'chai';
import type { RunReport } from '../../../src/core/model/terms.ts';
import { parseJsonOutput } from '../../helpers/cli/cli.ts';
import type { CliEnvironment } from '../../helpers/cli/cli.ts';
import { runInProcess } from '../../helpers/cli/in-process.ts';
import { expectBalancedCounts } from '../../helpers/panel/balanced-counts.ts';
import { nonZeroRows, openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createDatabase, query } from '../../helpers/postgres/postgres.ts';
import type { TestDatabase } from '../../helpers/postgres/postgres.ts';
import { createProject, peopleModel, projectConfig } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';

interface RunOutcome {
  readonly code: number | null;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string } | null;
  readonly report: RunReport;
}

describe('bad input', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople([{ email: 'ada@example.test', first_name: 'Ada' }]);
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  /** One run; whatever is wrong, nothing reaches the Hub and people read the same as programs. */
  async function run(environment: CliEnvironment, args: readonly string[] = ['panel']): Promise<RunOutcome> {
    const { code, stdout, stderr } = await runInProcess(['run', ...args, '--json'], environment);
    const report = parseJsonOutput<RunReport>({ code, stdout, stderr });
    expect(panel.newRequests(), 'requests to the Hub').to.equal(0);
    return { code, report, error: report.error };
  }

  function expectError(
    { code, error }: RunOutcome,
    expected: { exit: number; code: string; message: RegExp; hint: RegExp },
  ): void {
    expect([code, error?.code]).to.deep.equal([expected.exit, expected.code]);
    expect(error?.message).to.match(expected.message);
    expect(error?.hint).to.match(expected.hint);
  }

  describe('in the configuration', () => {
    const cases: readonly (readonly [string, part: string, by: string, RegExp])[] = [
      ['invalid YAML', '    source: warehouse', '    @source: warehouse', /not valid YAML/],
      ['an unknown key', 'guards:', 'gards:', /: syncs\.panel\.gards: .*`guards`/],
      ['a value of the wrong type', 'apiKey: ${HUB_KEY}', 'apiKey: [key]', /: destination\.apiKey: .*text/],
      ['a number out of range', '${BATCH_SIZE:-100}', '0', /: destination\.batchSize: .*1/],
      ['an unset variable', '${HUB_URL}', '${HUB_ADDRESS}', /: destination\.baseUrl: .*HUB_ADDRESS/],
      [
        'a model that is not there',
        '${MODEL:-models/people.sql}',
        'nobody.sql',
        /: syncs\.panel\.model: .*nobody\.sql/,
      ],
      ['an unknown source', 'source: warehouse', 'source: warehous', /: syncs\.panel\.source: .*`warehouse`/],
    ];
    for (const [what, part, by, message] of cases) {
      it(`${what} is reported with its line; exit code 2`, async () => {
        await project.configure({ [part]: by }, 'config/bad.yaml');
        const line = projectConfig.slice(0, projectConfig.indexOf(part)).split('\n').length;
        const outcome = await run(project, ['panel', '--config', 'config/bad.yaml']);
        expectError(outcome, { exit: 2, code: 'config_invalid', message, hint: /panelsync check/ });
        expect(outcome.error?.message).to.contain(`line ${line}: `);
      });
    }

    it('an unknown sync is reported with the known ones; exit code 2', async () => {
      const outcome = await run(project, ['pannel']);
      expectError(outcome, { exit: 2, code: 'unknown_sync', message: /"pannel"/, hint: /panel, known-only/ });
    });
  });

  describe('in the state database', () => {
    let created: TestDatabase;
    beforeEach(async () => {
      created = await createDatabase();
    });
    afterEach(() => created.drop());

    function withDatabaseUrl(change: (url: URL) => void): CliEnvironment {
      const url = new URL(created.url);
      change(url);
      return project.withEnv({ DATABASE_URL: url.href });
    }

    it('a login that is refused, a missing database and missing rights have codes of their own; exit code 1', async () => {
      const role = `r${created.name.slice(-8)}`;
      await query(created.url, `create role ${role} login password 'x'`);
      const cases = [
        [withDatabaseUrl((url) => (url.password = 'wrong-secret')), 'state_login', /user and password in state\.url/],
        [withDatabaseUrl((url) => (url.pathname = '/no_such')), 'state_missing', /Create the database/],
        [
          withDatabaseUrl((url) => ([url.username, url.password] = [role, 'x'])),
          'state_rights',
          /Grant the user .*state\.schema/,
        ],
      ] as const;
      try {
        const outcomes = await Promise.all(cases.map(([environment]) => run(environment)));
        for (const [at, [, code, hint]] of cases.entries()) {
          expectError(outcomes[at] ?? expect.fail(), { exit: 1, code, message: /state database/, hint });
        }
      } finally {
        await query(created.url, `drop role ${role}`);
      }
    });

    it('a read-only server and tables of a newer version stop a run before the model is read', async () => {
      const environment = withDatabaseUrl(() => undefined);
      await runInProcess(['migrate'], environment);
      await query(created.url, `alter database ${created.name} set default_transaction_read_only = on`);
      const readOnly = { exit: 1, code: 'state_read_only', message: /read-only/, hint: /use the primary/ };
      expectError(await run(environment), readOnly);
      await query(
        created.url,
        `set transaction_read_only = off; insert into panelsync.migrations (name, batch) values ('9999_later.sql', 2); alter database ${created.name} reset default_transaction_read_only`,
      );
      const newer = { exit: 2, code: 'state_newer', message: /9999_later\.sql/, hint: /Upgrade panelsync/ };
      expectError(await run(environment), newer);
    });
  });

  describe('in the model', () => {
    after(() => project.write('config/models/people.sql', peopleModel));

    async function runModel(sql: string): Promise<RunOutcome> {
      await project.write('config/models/people.sql', sql);
      // Only the query that never ends may meet the limit, whatever else the machine does.
      const environment = sql.includes('pg_sleep') ? project.withEnv({ STATEMENT_TIMEOUT_MS: '200' }) : project;
      const outcome = await run(environment);
      expectBalancedCounts(outcome.report);
      expect((await (await panel.records()).runs('panel', 1))[0]).to.deep.equal(outcome.report);
      return outcome;
    }

    const cases: readonly (readonly [string, string, string, number, RegExp, RegExp])[] = [
      [
        'an error in the SQL',
        'select email,\n  first_name\nfrom peple',
        'model_sql_error',
        2,
        /people\.sql fails at line 3, column 6: .*peple/,
        /SQL client/,
      ],
      [
        'a query that writes',
        'with gone as (delete from people returning *) select email, first_name, city, plan from gone',
        'model_not_read_only',
        2,
        /people\.sql is not a query that only reads; nothing was run/,
        /one SELECT/,
      ],
      [
        'a query without end',
        'select email, first_name, city, plan, pg_sleep(600) from people',
        'model_timeout',
        1,
        /people\.sql exceeded the statement timeout/,
        /statementTimeoutMs/,
      ],
      [
        'a NUL byte',
        'select email, chr(0) as first_name, city, plan from people',
        'model_data_error',
        1,
        /null character not permitted/,
        /SQL client/,
      ],
      [
        'a value that does not convert',
        "select email, (first_name || '!')::integer::text as first_name, city, plan from people",
        'model_data_error',
        1,
        /22P02/,
        /SQL client/,
      ],
    ];
    for (const [what, sql, code, exit, message, hint] of cases) {
      it(`${what} fails the run and names the place; exit code ${exit}`, async () => {
        const outcome = await runModel(sql);
        expectError(outcome, { exit, code, message, hint });
        expect([outcome.report.status, nonZeroRows(outcome.report)]).to.deep.equal(['failed', {}]);
        expect(await panel.sql('select email from people')).to.have.length(1);
      });
    }

    it('no rows at all are stopped by a guard; exit code 4', async () => {
      const outcome = await runModel('select email, first_name, city, plan from people where false');
      expectError(outcome, { exit: 4, code: 'guard_min_rows', message: /0 rows/, hint: /--force/ });
      expect(outcome.report.status).to.equal('stopped');
    });
  });

  it('invalid rows are rejected with their reasons, and names in any script arrive; exit code 3', async () => {
    const names = ["O'Brien", 'Zoë', '😀', 'شيماء', 'Ж'.repeat(255)];
    await panel.setPeople([
      ...names.map((first_name, at) => ({ email: `right${at}@example.test`, first_name })),
      { email: 'info@bücher.example', first_name: 'IDN' },
      { email: ' RIGHT0@example.test ', first_name: 'Twice' },
      { email: null },
      { email: ' ' },
      { email: 'no e-mail' },
      { email: 'long@example.test', first_name: 'x'.repeat(10_240) },
    ]);
    const { code, stdout } = await runInProcess(['run', 'panel', '--json'], project);
    const report = parseJsonOutput<RunReport>({ code, stdout, stderr: '' });
    expectBalancedCounts(report);
    expect([code, report.status]).to.deep.equal([3, 'partial']);
    expect(nonZeroRows(report)).to.deep.equal({ read: 11, inserted: 6, duplicate: 1, invalid: 4 });
    expect(Object.values(panel.people()).map(({ first_name: name }) => name)).to.have.members([...names, 'IDN']);
    const listed = parseJsonOutput<readonly { readonly code: string }[]>(
      await runInProcess(['rejections', 'panel', '--json'], project),
    );
    const codes = listed.map((rejection) => rejection.code);
    expect(codes).to.have.members(['email_missing', 'email_missing', 'email_invalid', 'too_long']);
  });

  it('a million rows with one key make one person; exit code 0', async () => {
    const sql = `select 'ada@example.test' as email, n::text as first_name, null::text as city, null::text as plan
      from generate_series(1, 1000000) n`;
    await project.write('config/models/people.sql', sql);
    const { code, stdout } = await runInProcess(['run', 'panel', '--json'], project);
    const report = parseJsonOutput<RunReport>({ code, stdout, stderr: '' });
    expect([code, nonZeroRows(report)]).to.deep.equal([0, { read: 1_000_000, duplicate: 999_999, inserted: 1 }]);
    expect(Object.keys(panel.people())).to.deep.equal(['ada@example.test']);
  });
});
