import type { Connection, ConnectionOptions, RowStatement, StatementOption } from 'snowflake-sdk';
import type { Log } from '../../core/ports/log.ts';
import type { SnowflakeCredentials, SnowflakeSourceSettings } from '../../core/settings.ts';
import { canceledError } from '../model-errors.ts';
import { unresponsiveError } from './errors.ts';

export interface SnowflakeDeps {
  readonly log: Log;
  /** Sets environment variables that nobody has set, before the driver is imported. */
  readonly presetEnvironment: (variables: Readonly<Record<string, string>>) => void;
  /** How long Snowflake may say nothing when it is its turn, before the run gives up. */
  readonly responseTimeoutMs?: number;
}

/** What the driver would otherwise do at import or login: ask cloud metadata addresses, load a native library, report. */
const driverEnvironment = {
  SNOWFLAKE_DISABLE_PLATFORM_DETECTION: 'true',
  SNOWFLAKE_DISABLE_MINICORE: '1',
  SF_TELEMETRY_DISABLE_CONNECTION_SHAPE: '1',
  // The driver brings clients of clouds along that we never use; what they say about Node is nobody's business here.
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
} as const;

/** How long a farewell or a cancellation at the server is waited for. */
const gracePeriodMs = 5000;

/** The driver costs most of a second and some 50 MB, so it is imported when the first source needs it. */
async function loadDriver({ log, presetEnvironment }: SnowflakeDeps) {
  presetEnvironment(driverEnvironment);
  const { default: driver } = await import('snowflake-sdk');
  const logAs = (level: 'debug' | 'warn') => (message: string) =>
    log[level]('snowflake driver', { says: redactDriverMessage(message) });
  // With a logger of our own the driver writes neither to the console nor into snowflake.log.
  driver.configure({
    logLevel: 'INFO',
    customLogger: {
      // What fails is told by the error that it becomes; the driver also calls an error what it repeats with success.
      error: logAs('debug'),
      warn: logAs('warn'),
      info: logAs('debug'),
      debug: logAs('debug'),
      trace: logAs('debug'),
    },
  });
  return driver;
}

/** The driver warns about numbers by naming them, and they may be somebody's. */
function redactDriverMessage(message: string): string {
  return message.replace(/\d{6,}(?:\.\d+)?/g, '…').replace(/\S+@\S+/g, '…');
}

export interface Session {
  readonly connection: Connection;
  close(): Promise<void>;
}

/** Logs in; `label` becomes the tag of the session's queries. Rejects with the driver's error, or ours on silence. */
export async function logIn(settings: SnowflakeSourceSettings, label: string, deps: SnowflakeDeps): Promise<Session> {
  const driver = await loadDriver(deps);
  const connection = driver.createConnection(connectionOptions(settings, label));
  const connected = new Promise<void>((resolve, reject) => {
    connection.connect((error) => (error === undefined || error === null ? resolve() : reject(error)));
  });
  const close = (): Promise<void> =>
    withTimeout(gracePeriodMs, new Promise((resolve) => connection.destroy(() => resolve())));
  const result = await withTimeout(
    settings.connectTimeoutMs,
    connected.then(() => 'in time' as const),
  );
  if (result === 'in time') return { connection, close };
  // A login that comes through later is of no use to anybody.
  void connected.then(close, () => undefined);
  throw unresponsiveError(settings);
}

/** What the work gives, or nothing when it takes longer. */
async function withTimeout<T>(timeoutMs: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeoutMs);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
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
    // One chunk at work and one on its way: the reader is slower than the network, and chunks are large.
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

/** Sessions differ; people must not. And no account's setting lets more than one statement through. */
function statementParameters({
  statementTimeoutMs,
}: SnowflakeSourceSettings): NonNullable<StatementOption['parameters']> {
  return {
    TIMEZONE: 'UTC',
    MULTI_STATEMENT_COUNT: 1,
    STATEMENT_TIMEOUT_IN_SECONDS: Math.ceil(statementTimeoutMs / 1000),
  };
}

/** Runs one statement until its result can be streamed; cancelled at the server when the signal aborts. */
export async function execute(
  { settings, connection, signal, responseTimeoutMs }: StatementContext,
  sqlText: string,
  describeOnly = false,
): Promise<RowStatement> {
  if (signal.aborted) throw canceledError();
  const { promise, resolve, reject } = withResolvers<RowStatement>();
  const statement = connection.execute({
    sqlText,
    describeOnly,
    streamResult: true,
    rowMode: 'array',
    parameters: statementParameters(settings),
    complete: (error, completed) => (error ? reject(error) : resolve(completed)),
  });
  const cancel = (reason: unknown): void => {
    void withTimeout(gracePeriodMs, new Promise<void>((done) => statement.cancel(() => done()))).then(() =>
      reject(reason),
    );
  };
  const onAbort = (): void => cancel(canceledError());
  // The server ends the model at its timeout; who says nothing after that is gone.
  const timer = setTimeout(() => cancel(unresponsiveError(settings)), settings.statementTimeoutMs + responseTimeoutMs);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await promise;
  } catch (error) {
    // A statement that was cancelled ends with an error of its own, often before the cancellation is answered.
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
