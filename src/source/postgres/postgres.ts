/** Postgres as a source: one read-only transaction, rows by COPY. */

import { to as copyTo } from 'pg-copy-streams';
import type { ModelReader, Source } from '../../core/ports/source.ts';
import type { PostgresSourceSettings } from '../../core/settings.ts';
import type { Column, Model } from '../../core/model/terms.ts';
import { countLines, wholeLines } from '../copy-lines.ts';
import { columnAliases, limited, openModel } from '../model-reader.ts';
import type { RowSelection, RowTotals } from '../model-reader.ts';
import { openBuckets } from './buckets.ts';
import type { CopiedQuery } from './buckets.ts';
import { describeColumns } from './columns.ts';
import { findInvalidText, isInvalidText } from './encoding.ts';
import { redactRowError, toModelError } from './errors.ts';
import { blankSemicolons } from './model-sql.ts';
import { connect } from './session.ts';
import type { SessionSetup } from './session.ts';
import { describeModel, requireSingleStatement } from './statements.ts';
import type { OpenedModel } from './statements.ts';

/** All statements of a transaction see the same data, also on a standby, which refuses the level serializable. */
const setup: SessionSetup = {
  settings: `set default_transaction_isolation = 'repeatable read';
    set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'iso_8601';
    set extra_float_digits = 1; set bytea_output = 'hex'; set client_encoding = 'UTF8'`,
  typeHint: 'If it is Amazon Redshift, set type: redshift for the source.',
  begin: (statementTimeoutMs) => `begin read only; set local statement_timeout = ${statementTimeoutMs}`,
};

export function createPostgresSource(settings: PostgresSourceSettings): Source {
  return {
    open: (model, label, signal) => openPostgresModel(settings, { model, label }, signal),
    check: (signal) => checkConnection(settings, signal),
    close: async () => undefined,
  };
}

async function checkConnection(settings: PostgresSourceSettings, signal: AbortSignal): Promise<string> {
  const session = await connect(settings, { label: 'panelsync:check', setup }, signal);
  try {
    const { rows } = await session.client.query<{ user: string; database: string; version: string }>(
      `select current_user as user, current_database() as database, current_setting('server_version') as version`,
    );
    const [server] = rows;
    return `Postgres ${server?.version ?? ''}, database ${server?.database ?? ''}, user ${server?.user ?? ''}`;
  } catch (error) {
    throw session.toError(error);
  } finally {
    await session.close();
  }
}

async function openPostgresModel(
  settings: PostgresSourceSettings,
  { model, label }: { readonly model: Model; readonly label: string },
  signal: AbortSignal,
): Promise<ModelReader> {
  const session = await connect(settings, { label, setup }, signal);
  const { toError, close } = session;
  const opened: OpenedModel = { session, model, sql: blankSemicolons(model.sql) };
  return openModel({
    source: settings.name,
    model,
    requireSingleStatement: async () => {
      await session.begin();
      await requireSingleStatement(opened);
    },
    describe: async () => describeColumns(session.client, await describeModel(opened)),
    rows: (columns, selection) => readRows(opened, columns, selection),
    buckets: openBuckets(session, (columns, copied) => copyOut(opened, columns, copied)),
    toError,
    close,
  });
}

function readRows(
  opened: OpenedModel,
  columns: readonly Column[],
  { positions, limit }: RowSelection,
): AsyncGenerator<Buffer, RowTotals> {
  const aliases = columnAliases(columns);
  const before = `select ${positions.map((index) => aliases[index]).join(', ')} from (\n`;
  const after = limited(`\n) as model (${aliases.join(', ')})`, limit);
  return copyOut(opened, columns, { before, after, positions });
}

/** Copies out what a query around the model returns. */
async function* copyOut(
  opened: OpenedModel,
  columns: readonly Column[],
  { before, after, positions }: CopiedQuery,
): AsyncGenerator<Buffer, RowTotals> {
  const { session, model, sql } = opened;
  const prefix = `copy (${before}`;
  session.watchdog.start();
  const stream = session.client.query(copyTo(`${prefix}${sql}${after}) to stdout`));
  // An error after the last row has no reader any more; the next query reports it.
  stream.on('error', () => undefined);
  let read = 0;
  try {
    for await (const lines of wholeLines(stream as AsyncIterable<Buffer>)) {
      read += countLines(lines);
      yield lines;
    }
    // Until the server is ready for another query, it has not confirmed that the rows are complete.
    await session.client.query('select 1');
  } catch (error) {
    if (isInvalidText(error)) throw await findInvalidText(opened, { columns, positions }, error);
    throw toModelError(model, redactRowError(error), prefix.length);
  }
  return { announced: stream.rowCount, read };
}
