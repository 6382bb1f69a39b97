import type { ModelReader, Source } from '../../core/ports/source.ts';
import type { SnowflakeSourceSettings } from '../../core/settings.ts';
import type { Column, Model } from '../../core/model/terms.ts';
import { toColumns, textExpression } from './columns.ts';
import { canceledError } from '../model-errors.ts';
import { execute, logIn } from './driver.ts';
import type { StatementContext, Session, SnowflakeDeps } from './driver.ts';
import { toModelError, notAQueryError, unresponsiveError, toSourceError } from './errors.ts';
import { readSessionInfo, describeSession } from './session-info.ts';
import { toCopyLines } from './rows.ts';
import { blankTrailingSemicolons } from './model-sql.ts';

/** What no model calls anything: Snowflake would take a table of the same name inside the model for the model itself. */
const modelAlias = 'panelsync_model';

/** Longer than the driver's own patience with one request. */
const defaultResponseTimeoutMs = 120_000;

export function createSnowflakeSource(settings: SnowflakeSourceSettings, deps: SnowflakeDeps): Source {
  return {
    open: (model, label, signal) => openModel({ settings, deps, signal }, model, label),
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
    throw toSourceError(settings, error);
  }
  const { connection } = session;
  const responseTimeoutMs = deps.responseTimeoutMs ?? defaultResponseTimeoutMs;
  return { ...session, context: { settings, connection, signal, responseTimeoutMs } };
}

/** A login cannot be taken back: one that comes through after the stop is ended at once. */
async function abortable(login: Promise<Session>, signal: AbortSignal): Promise<Session> {
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<'stopped'>((resolve) => {
    onAbort = () => resolve('stopped');
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    const session = await Promise.race([login, aborted]);
    if (session !== 'stopped') return session;
    void login.then(
      (lateSession) => lateSession.close(),
      () => undefined,
    );
    throw canceledError();
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function openModel(connectOptions: ConnectOptions, model: Model, label: string): Promise<ModelReader> {
  const { context, close } = await connect(connectOptions, label);
  try {
    const sql = blankTrailingSemicolons(model.sql);
    await requireSingleStatement(context, model, sql);
    const columns = await describeModel(context, model, sql);
    return { columns, rows: (positions) => readRows({ context, model, sql, columns }, positions), close };
  } catch (error) {
    await close();
    throw toSourceError(connectOptions.settings, error);
  }
}

/** The server judges, not we: the model by itself must compile as one statement. Nothing of it is run. */
async function requireSingleStatement(context: StatementContext, model: Model, sql: string): Promise<void> {
  try {
    await execute(context, sql, true);
  } catch (error) {
    throw toModelError(model, error, 0);
  }
}

/** Names and types; only a query can stand where this puts the model. */
async function describeModel(context: StatementContext, model: Model, sql: string): Promise<readonly Column[]> {
  try {
    const statement = await execute(context, `select * from (\n${sql}\n) as ${modelAlias}`, true);
    return toColumns(statement.getColumns() ?? []);
  } catch (error) {
    throw notAQueryError(model, error);
  }
}

interface OpenModel {
  readonly context: StatementContext;
  readonly model: Model;
  readonly sql: string;
  readonly columns: readonly Column[];
}

async function* readRows(
  { context, model, sql, columns }: OpenModel,
  positions: readonly number[],
): AsyncGenerator<Buffer> {
  const { settings, signal, responseTimeoutMs } = context;
  const aliases = columns.map((_, index) => `c${index}`);
  const expressions = columns.map((column, index) => textExpression(column, `c${index}`));
  const selectList = positions.map((index) => expressions[index]).join(', ');
  try {
    const statement = await execute(
      context,
      `with ${modelAlias} (${aliases.join(', ')}) as (\n${sql}\n) select ${selectList} from ${modelAlias}`,
    );
    const timeoutError = (): Error => unresponsiveError(settings);
    yield* toCopyLines(statement.streamRows(), { signal, responseTimeoutMs, timeoutError, canceledError });
  } catch (error) {
    throw toSourceError(settings, toModelError(model, error, 1));
  }
}
