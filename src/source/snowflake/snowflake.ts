import type { ModelReader, Source } from '../../core/ports/ports.ts';
import type { SnowflakeSourceSettings } from '../../core/settings.ts';
import type { Column, Model } from '../../core/model/terms.ts';
import { columnsOf, textExpression } from './columns.ts';
import { canceled } from '../model-errors.ts';
import { execute, logIn } from './driver.ts';
import type { Execution, Session, SnowflakeDeps } from './driver.ts';
import { modelError, notAQuery, silentSource, sourceError } from './errors.ts';
import { sessionFacts, sessionText } from './session-info.ts';
import { copyLines } from './rows.ts';
import { withoutLastSemicolons } from './model-sql.ts';

/** What no model calls anything: Snowflake would take a table of the same name inside the model for the model itself. */
const modelName = 'panelsync_model';

/** Longer than the driver's own patience with one request. */
const usualSilenceMs = 120_000;

export function createSnowflakeSource(settings: SnowflakeSourceSettings, deps: SnowflakeDeps): Source {
  return {
    open: (model, label, signal) => openModel({ settings, deps, signal }, model, label),
    check: async (signal) => {
      const session = await connect({ settings, deps, signal }, 'panelsync:check');
      try {
        return sessionText(await sessionFacts(session.execution), settings);
      } catch (error) {
        throw sourceError(settings, error);
      } finally {
        await session.close();
      }
    },
    close: async () => undefined,
  };
}

interface Opening {
  readonly settings: SnowflakeSourceSettings;
  readonly deps: SnowflakeDeps;
  readonly signal: AbortSignal;
}

interface OpenSession extends Session {
  readonly execution: Execution;
}

async function connect({ settings, deps, signal }: Opening, label: string): Promise<OpenSession> {
  if (signal.aborted) throw canceled();
  let session: Session;
  try {
    session = await untilAborted(logIn(settings, label, deps), signal);
  } catch (error) {
    throw sourceError(settings, error);
  }
  const { connection } = session;
  const silenceMs = deps.silenceMs ?? usualSilenceMs;
  return { ...session, execution: { settings, connection, signal, silenceMs } };
}

/** A login cannot be taken back: one that comes through after the stop is ended at once. */
async function untilAborted(login: Promise<Session>, signal: AbortSignal): Promise<Session> {
  let stop: () => void = () => undefined;
  const stopped = new Promise<'stopped'>((resolve) => {
    stop = () => resolve('stopped');
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    const session = await Promise.race([login, stopped]);
    if (session !== 'stopped') return session;
    void login.then(
      (late) => late.close(),
      () => undefined,
    );
    throw canceled();
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function openModel(opening: Opening, model: Model, label: string): Promise<ModelReader> {
  const { execution, close } = await connect(opening, label);
  try {
    const body = withoutLastSemicolons(model.sql);
    await requireOneStatement(execution, model, body);
    const columns = await describe(execution, model, body);
    return { columns, rows: (positions) => readRows({ execution, model, body, columns }, positions), close };
  } catch (error) {
    await close();
    throw sourceError(opening.settings, error);
  }
}

/** The server judges, not we: the model by itself must compile as one statement. Nothing of it is run. */
async function requireOneStatement(execution: Execution, model: Model, body: string): Promise<void> {
  try {
    await execute(execution, body, true);
  } catch (error) {
    throw modelError(model, error, 0);
  }
}

/** Names and types; only a query can stand where this puts the model. */
async function describe(execution: Execution, model: Model, body: string): Promise<readonly Column[]> {
  try {
    const described = await execute(execution, `select * from (\n${body}\n) as ${modelName}`, true);
    return columnsOf(described.getColumns() ?? []);
  } catch (error) {
    throw notAQuery(model, error);
  }
}

interface OpenModel {
  readonly execution: Execution;
  readonly model: Model;
  readonly body: string;
  readonly columns: readonly Column[];
}

async function* readRows(
  { execution, model, body, columns }: OpenModel,
  positions: readonly number[],
): AsyncGenerator<Buffer> {
  const { settings, signal, silenceMs } = execution;
  const names = columns.map((_, at) => `c${at}`);
  const chosen = columns.map((column, at) => textExpression(column, `c${at}`));
  const wanted = positions.map((at) => chosen[at]).join(', ');
  try {
    const statement = await execute(
      execution,
      `with ${modelName} (${names.join(', ')}) as (\n${body}\n) select ${wanted} from ${modelName}`,
    );
    const silent = (): Error => silentSource(settings);
    yield* copyLines(statement.streamRows(), { signal, silenceMs, silent, canceled });
  } catch (error) {
    throw sourceError(settings, modelError(model, error, 1));
  }
}
