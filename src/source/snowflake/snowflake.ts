/** Snowflake as a source, through its own driver, which is loaded only here. */

import type { RowStatement } from 'snowflake-sdk';
import type { ModelReader, Source } from '../../core/ports/source.ts';
import type { SnowflakeSourceSettings } from '../../core/settings.ts';
import type { Column, Model } from '../../core/model/terms.ts';
import { openBuckets } from './buckets.ts';
import type { PersistedResult } from './buckets.ts';
import { modelAlias, toColumns, textExpression } from './columns.ts';
import { canceledError } from '../model-errors.ts';
import { columnAliases, limited, openModel } from '../model-reader.ts';
import type { RowSelection, RowTotals } from '../model-reader.ts';
import { execute, logIn } from './driver.ts';
import type { StatementContext, Session, SnowflakeDeps } from './driver.ts';
import {
  limitedResultError,
  notAQueryError,
  toConnectionError,
  toModelError,
  toSourceError,
  unresponsiveServerError,
} from './errors.ts';
import { resultTotals } from './result-totals.ts';
import { readSessionInfo, describeSession } from './session-info.ts';
import { toCopyLines } from './rows.ts';
import { blankTrailingSemicolons } from './model-sql.ts';

/** Longer than the driver's own timeout for one request. */
const defaultResponseTimeoutMs = 120_000;

export function createSnowflakeSource(settings: SnowflakeSourceSettings, deps: SnowflakeDeps): Source {
  return {
    open: (model, label, signal) => openSnowflakeModel({ settings, deps, signal }, model, label),
    check: async (signal) => {
      const session = await connect({ settings, deps, signal }, 'panelsync:check');
      try {
        return describeSession(await readSessionInfo(session.context), settings);
      } catch (error) {
        throw toSourceError(settings, error);
      } finally {
        await session.close();
      }
    },
    close: async () => undefined,
  };
}

interface ConnectOptions {
  readonly settings: SnowflakeSourceSettings;
  readonly deps: SnowflakeDeps;
  readonly signal: AbortSignal;
}

interface ModelSession extends Session {
  readonly context: StatementContext;
}

async function connect({ settings, deps, signal }: ConnectOptions, label: string): Promise<ModelSession> {
  if (signal.aborted) throw canceledError();
  let session: Session;
  try {
    session = await abortable(logIn(settings, label, deps), signal);
  } catch (error) {
    throw toConnectionError(settings, error);
  }
  const { connection } = session;
  const responseTimeoutMs = deps.responseTimeoutMs ?? defaultResponseTimeoutMs;
  return { ...session, context: { settings, connection, signal, responseTimeoutMs } };
}

/** A login cannot be canceled: one that succeeds after the signal aborts is closed at once. */
async function abortable(login: Promise<Session>, signal: AbortSignal): Promise<Session> {
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<null>((resolve) => {
    onAbort = () => resolve(null);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    const session = await Promise.race([login, aborted]);
    if (session !== null) return session;
    void login.then(
      (lateSession) => lateSession.close(),
      () => undefined,
    );
    throw canceledError();
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function openSnowflakeModel(connectOptions: ConnectOptions, model: Model, label: string): Promise<ModelReader> {
  const { context, close } = await connect(connectOptions, label);
  const opened: OpenedModel = { context, model, sql: blankTrailingSemicolons(model.sql) };
  return openModel({
    source: connectOptions.settings.name,
    model,
    requireSingleStatement: () => requireSingleStatement(opened),
    describe: () => describeModel(opened),
    rows: (columns, selection) => readRows(opened, columns, selection),
    buckets: openBuckets({
      source: connectOptions.settings.name,
      model,
      sql: opened.sql,
      runModel: (statement) => runModel(opened, statement),
      stream: (statement, binds) => streamRows(opened, statement, binds),
    }),
    toError: (error) => toSourceError(connectOptions.settings, error),
    close,
  });
}

interface OpenedModel {
  readonly context: StatementContext;
  readonly model: Model;
  /** The model's text, ready to stand in parentheses. */
  readonly sql: string;
}

/** The model by itself must compile as one statement. */
async function requireSingleStatement({ context, model, sql }: OpenedModel): Promise<void> {
  try {
    await execute(context, sql, { describeOnly: true });
  } catch (error) {
    throw toModelError(model, error, 0);
  }
}

/** Only a query can stand where this puts the model. */
async function describeModel({ context, model, sql }: OpenedModel): Promise<readonly Column[]> {
  try {
    const statement = await execute(context, `select * from (\n${sql}\n) as ${modelAlias}`, { describeOnly: true });
    return toColumns(statement.getColumns() ?? []);
  } catch (error) {
    throw notAQueryError(model, error);
  }
}

function readRows(
  opened: OpenedModel,
  columns: readonly Column[],
  { positions, limit }: RowSelection,
): AsyncGenerator<Buffer, RowTotals> {
  const aliases = columnAliases(columns);
  const expressions = columns.map((column, index) => textExpression(column, aliases[index] ?? ''));
  const selectList = positions.map((index) => expressions[index]).join(', ');
  const statement = `with ${modelAlias} (${aliases.join(', ')}) as (\n${opened.sql}\n) select ${selectList} from ${modelAlias}`;
  return streamRows(opened, limited(statement, limit), []);
}

/** Runs a statement with the model in its second line. Until somebody streams them, the driver fetches no rows. */
async function runModel(opened: OpenedModel, sqlText: string): Promise<PersistedResult> {
  try {
    const statement = await executeWhole(opened, sqlText, []);
    return { queryId: statement.getQueryId(), rows: resultTotals(statement).returned };
  } catch (error) {
    throw toModelError(opened.model, error, 1);
  }
}

/** Runs a statement whose result nothing cuts short. */
async function executeWhole(
  { context }: OpenedModel,
  sqlText: string,
  binds: readonly string[],
): Promise<RowStatement> {
  const statement = await execute(context, sqlText, { binds });
  const { total, returned } = resultTotals(statement);
  if (total !== null && returned !== null && total > returned)
    throw limitedResultError(context.settings, { total, returned });
  return statement;
}

async function* streamRows(
  opened: OpenedModel,
  sqlText: string,
  binds: readonly string[],
): AsyncGenerator<Buffer, RowTotals> {
  const { settings, signal, responseTimeoutMs } = opened.context;
  try {
    const statement = await executeWhole(opened, sqlText, binds);
    const timeoutError = (): Error => unresponsiveServerError(settings);
    const waitOptions = { signal, responseTimeoutMs, timeoutError, canceledError };
    const read = yield* toCopyLines(statement.streamRows(), waitOptions);
    return { announced: resultTotals(statement).returned, read };
  } catch (error) {
    throw toModelError(opened.model, error, 1);
  }
}
