/** Amazon Redshift as a source: Postgres' protocol without COPY to the client, so a cursor reads the rows. */

import type { ModelReader, Source } from '../../core/ports/source.ts';
import type { RedshiftSourceSettings } from '../../core/settings.ts';
import type { Model } from '../../core/model/terms.ts';
import { openModel } from '../model-reader.ts';
import { blankSemicolons } from '../postgres/model-sql.ts';
import { connect } from '../postgres/session.ts';
import type { PostgresSession, SessionSetup } from '../postgres/session.ts';
import { describeModel, requireSingleStatement } from '../postgres/statements.ts';
import { toColumns } from './columns.ts';
import { readRows } from './cursor.ts';

/** What Redshift has of the settings that change how a value is written as text, and the label of its query history. */
function sessionSetup(label: string): SessionSetup {
  return {
    settings: `set timezone to 'UTC'; set datestyle to 'ISO, YMD'; set extra_float_digits to 1;
      set query_group to '${label.replaceAll("'", "''")}'`,
    typeHint: 'It is no Amazon Redshift. If it is Postgres, set type: postgres for the source.',
    // Every transaction sees one snapshot. The session is ours, so the timeout need not be local to the transaction.
    begin: (statementTimeoutMs) => `begin read only; set statement_timeout to ${statementTimeoutMs}`,
  };
}

export function createRedshiftSource(settings: RedshiftSourceSettings): Source {
  return {
    open: (model, label, signal) => openRedshiftModel(settings, { model, label }, signal),
    check: (signal) => checkConnection(settings, signal),
    close: async () => undefined,
  };
}

async function openSession(
  settings: RedshiftSourceSettings,
  label: string,
  signal: AbortSignal,
): Promise<PostgresSession> {
  return connect(settings, { label, setup: sessionSetup(label) }, signal);
}

async function checkConnection(settings: RedshiftSourceSettings, signal: AbortSignal): Promise<string> {
  const session = await openSession(settings, 'panelsync:check', signal);
  try {
    const { rows } = await session.client.query<{ login: string; database: string; version: string }>(
      'select current_user as login, current_database() as database, version() as version',
    );
    const [{ login, database, version } = { login: '', database: '', version: '' }] = rows;
    const [release = version] = /Redshift [\d.]+/.exec(version) ?? [];
    return `${release}, database ${database}, user ${login}`;
  } catch (error) {
    throw session.toError(error);
  } finally {
    await session.close();
  }
}

async function openRedshiftModel(
  settings: RedshiftSourceSettings,
  { model, label }: { readonly model: Model; readonly label: string },
  signal: AbortSignal,
): Promise<ModelReader> {
  const session = await openSession(settings, label, signal);
  const opened = { session, model, sql: blankSemicolons(model.sql) };
  return openModel({
    source: settings.name,
    model,
    requireSingleStatement: async () => {
      await session.begin();
      await requireSingleStatement(opened);
    },
    describe: async () => toColumns(await describeModel(opened)),
    rows: (columns, selection) => readRows(opened, { columns, ...selection, settings }),
    buckets: null,
    toError: session.toError,
    close: session.close,
  });
}
