import type { Connection, ConnectionOptions, RowStatement, StatementOption } from 'snowflake-sdk';
import type { Log } from '../../core/ports/log.ts';
import type { SnowflakeCredentials, SnowflakeSourceSettings } from '../../core/settings.ts';
import { canceledError } from '../model-errors.ts';
import { withTimeout } from '../../lib/async/with-timeout.ts';
import { unresponsiveServerError } from './errors.ts';
import { observeTotals } from './result-totals.ts';

export interface SnowflakeDeps {
  readonly log: Log;
  /** Sets environment variables that nobody has set, before the driver is imported. */
  readonly presetEnvironment: (variables: Readonly<Record<string, string>>) => void;
  /** How long Snowflake may take to respond before the run gives up. */
  readonly responseTimeoutMs?: number;
}

/** Keeps the driver from probing cloud metadata addresses, loading a native library and reporting, at import or login. */
const driverEnvironment = {
  SNOWFLAKE_DISABLE_PLATFORM_DETECTION: 'true',
  SNOWFLAKE_DISABLE_MINICORE: '1',
  SF_TELEMETRY_DISABLE_CONNECTION_SHAPE: '1',
  // The driver includes cloud clients that are never used here; their warnings about Node would only confuse.
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
} as const;

/** How long to wait for the server to confirm a logout or a cancellation. */
const gracePeriodMs = 5000;

/** The driver costs most of a second and some 50 MB, so it is imported when the first source needs it. */
async function loadDriver({ log, presetEnvironment }: SnowflakeDeps) {
  presetEnvironment(driverEnvironment);
  const { default: driver } = await import('snowflake-sdk');
  await observeTotals();
  const logAs = (level: 'debug' | 'warn') => (message: string) =>
    log[level]('snowflake driver', { says: redactDriverMessage(message) });
  // With a logger of our own the driver writes neither to the console nor into snowflake.log.
  driver.configure({
    logLevel: 'INFO',
    customLogger: {
      // What fails becomes an error of its own; the driver also logs as errors what it retries with success.
      error: logAs('debug'),
      warn: logAs('warn'),
      info: logAs('debug'),
      debug: logAs('debug'),
      trace: logAs('debug'),
    },
  });
  return driver;
}

/** The driver's warnings quote numbers and addresses, which may belong to a person. */
function redactDriverMessage(message: string): string {
  return message.replace(/\d{6,}(?:\.\d+)?/g, '…').replace(/\S+@\S+/g, '…');
}

export interface Session {
  readonly connection: Connection;
  close(): Promise<void>;
}

/** Logs in; `label` becomes the tag of the session's queries. Rejects with the driver's error, or ours after a timeout. */
export async function logIn(settings: SnowflakeSourceSettings, label: string, deps: SnowflakeDeps): Promise<Session> {
  const driver = await loadDriver(deps);
  const connection = driver.createConnection(connectionOptions(settings, label));
  const connected = new Promise<void>((resolve, reject) => {
    connection.connect((error) => (error === undefined || error === null ? resolve() : reject(error)));
  });
  const close = (): Promise<void> => withGracePeriod(new Promise((resolve) => connection.destroy(() => resolve())));
  const isConnected = await withTimeout(
    connected.then(() => true),
    settings.connectTimeoutMs,
    () => false,
  );
  if (isConnected) return { connection, close };
  // A login that succeeds later is of no use to anybody.
  void connected.then(close, () => undefined);
  throw unresponsiveServerError(settings);
}

function withGracePeriod(work: Promise<void>): Promise<void> {
  return withTimeout(work, gracePeriodMs, () => undefined);
}

function connectionOptions(settings: SnowflakeSourceSettings, label: string): ConnectionOptions {
  const { account, username, warehouse, database, schema, role, accessUrl } = settings;
  const optional = { username, warehouse, database, schema, role, accessUrl };
  return {
    account,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== null)),
    ...loginOptions(settings.login),
    application: 'panelsync',
    queryTag: label,
    clientSessionKeepAlive: true,
    sfRetryMaxLoginRetries: 2,
    // One chunk being read and one on its way: the reader is slower than the network, and chunks are large.
    resultPrefetch: 1,
    rowStreamHighWaterMark: 1000,
  };
}

function loginOptions(login: SnowflakeCredentials): ConnectionOptions {
  switch (login.by) {
    case 'key': {
      const { key, passphrase } = login;
      const passphraseOption = passphrase === null ? {} : { privateKeyPass: passphrase };
      return { authenticator: 'SNOWFLAKE_JWT', privateKey: key, ...passphraseOption };
    }
    case 'password':
      return { authenticator: 'SNOWFLAKE', password: login.password };
    case 'oauth':
      return { authenticator: 'OAUTH', token: login.token };
    case 'pat':
      return { authenticator: 'PROGRAMMATIC_ACCESS_TOKEN', token: login.token };
  }
}

export interface StatementContext {
  readonly settings: SnowflakeSourceSettings;
  readonly connection: Connection;
  readonly signal: AbortSignal;
  readonly responseTimeoutMs: number;
}

/** Sessions differ, people must not; and no setting lets more than one statement through, or cuts a result short. */
function statementParameters({
  statementTimeoutMs,
}: SnowflakeSourceSettings): NonNullable<StatementOption['parameters']> {
  return {
    TIMEZONE: 'UTC',
    MULTI_STATEMENT_COUNT: 1,
    // 0: all rows, whatever the account, the user or the session limits a result to.
    ROWS_PER_RESULTSET: 0,
    STATEMENT_TIMEOUT_IN_SECONDS: Math.ceil(statementTimeoutMs / 1000),
  };
}

/** Runs one statement until its result can be streamed; canceled at the server when the signal aborts. */
export async function execute(
  { settings, connection, signal, responseTimeoutMs }: StatementContext,
  sqlText: string,
  { describeOnly = false, binds = [] }: { readonly describeOnly?: boolean; readonly binds?: readonly string[] } = {},
): Promise<RowStatement> {
  if (signal.aborted) throw canceledError();
  const { promise, resolve, reject } = withResolvers<RowStatement>();
  const statement = connection.execute({
    sqlText,
    binds,
    describeOnly,
    streamResult: true,
    rowMode: 'array',
    parameters: statementParameters(settings),
    complete: (error, completed) => (error ? reject(error) : resolve(completed)),
  });
  const cancel = (reason: unknown): void => {
    void withGracePeriod(new Promise((done) => statement.cancel(() => done()))).then(() => reject(reason));
  };
  const onAbort = (): void => cancel(canceledError());
  // The server cancels the model at its timeout; a server that does not respond after that is gone.
  const timer = setTimeout(
    () => cancel(unresponsiveServerError(settings)),
    settings.statementTimeoutMs + responseTimeoutMs,
  );
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await promise;
  } catch (error) {
    // A canceled statement ends with an error of its own, often before the cancellation is confirmed.
    throw signal.aborted ? canceledError() : error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

interface Resolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

function withResolvers<T>(): Resolvers<T> {
  let [resolve, reject]: [(value: T) => void, (reason: unknown) => void] = [() => undefined, () => undefined];
  const promise = new Promise<T>((resolvePromise, rejectPromise) => {
    [resolve, reject] = [resolvePromise, rejectPromise];
  });
  return { promise, resolve, reject };
}
