import type { Model } from '../../core/model/terms.ts';
import type { DuckDbSourceSettings } from '../../core/settings.ts';
import { sleep } from '../../lib/async/sleep.ts';
import { canceledError } from '../model-errors.ts';
import { EngineError, startEngine } from './engine.ts';
import type { Engine } from './engine.ts';
import { isLocked, timeoutError, toOpenError, toSourceError } from './errors.ts';

/** An open database, whose process ends when its signal aborts or the model takes too long. */

/** How often a database that is open for writing is tried again. */
const lockPollMs = 250;

export interface DuckDbSession {
  readonly engine: Engine;
  readonly version: string;
  /** Does work within the statement timeout. */
  run<T>(work: (engine: Engine) => Promise<T>, model: Model): Promise<T>;
  /** Any error as one that a person can read. */
  toError(error: unknown): unknown;
  close(): Promise<void>;
}

export async function connect(
  settings: DuckDbSourceSettings,
  label: string,
  signal: AbortSignal,
): Promise<DuckDbSession> {
  if (signal.aborted) throw canceledError();
  const engine = await startEngine(settings.directory, label);
  const kill = (): void => void engine.close();
  signal.addEventListener('abort', kill, { once: true });
  const close = async (): Promise<void> => {
    signal.removeEventListener('abort', kill);
    await engine.close();
  };
  let timeout: Error | null = null;
  const toError = (error: unknown): unknown =>
    signal.aborted ? canceledError() : (timeout ?? toSourceError(settings, error));
  try {
    const version = await openDatabase(engine, settings, signal);
    return {
      engine,
      version,
      run: async (work, model) => {
        const timer = setTimeout(() => {
          timeout = timeoutError(model, settings.name);
          kill();
        }, settings.statementTimeoutMs);
        try {
          return await work(engine);
        } finally {
          clearTimeout(timer);
        }
      },
      toError,
      close,
    };
  } catch (error) {
    await close();
    throw signal.aborted ? canceledError() : toOpenError(settings, error);
  }
}

/** A file that another process writes is waited for. */
async function openDatabase(engine: Engine, settings: DuckDbSourceSettings, signal: AbortSignal): Promise<string> {
  const giveUpAt = Date.now() + settings.connectTimeoutMs;
  for (;;) {
    try {
      const version = await engine.open(settings.database, databaseSettings(engine, settings));
      for (const statement of lastSettings) await engine.query(statement);
      return version;
    } catch (error) {
      const mayPass = error instanceof EngineError && isLocked(error.message) && Date.now() < giveUpAt;
      if (!mayPass || signal.aborted) throw error;
      await sleep(lockPollMs, signal);
    }
  }
}

/** Nothing is written, nothing is downloaded, no extension is loaded, and errors have parts. */
function databaseSettings(
  { temporaryDirectory }: Engine,
  { database, memoryLimit, threads }: DuckDbSourceSettings,
): Readonly<Record<string, string>> {
  return {
    ...(database === null ? {} : { access_mode: 'READ_ONLY' }),
    memory_limit: memoryLimit,
    threads: String(threads),
    temp_directory: temporaryDirectory,
    // An empty folder: extensions that somebody has installed for another purpose are not loaded either.
    extension_directory: temporaryDirectory,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    allow_persistent_secrets: 'false',
    // Files are read once.
    enable_external_file_cache: 'false',
    preserve_insertion_order: 'true',
    errors_as_json: 'true',
  };
}

/** What can be set only when the database is open. Nothing changes the settings after that. */
const lastSettings = [`set timezone = 'UTC'`, `call enable_logging('FileSystem')`, 'set lock_configuration = true'];
