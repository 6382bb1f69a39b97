import type { App } from '../app.ts';
import type { Log } from '../core/ports/log.ts';
import type { Config } from '../core/settings.ts';
import type { Service } from '../lib/async/service.ts';
import { errorFields } from './error-fields.ts';

export interface ReloadOptions {
  /** With the configuration in use. */
  app(): App;
  /** Reads the configuration again; rejects with its issues. */
  reloadConfig(): Promise<{ readonly config: Config; readonly log: Log }>;
  /** Calls `listener` each time someone asks for a reload. */
  onReload(listener: () => void): void;
  /** Puts a new configuration to use. */
  apply(app: App): Promise<void>;
}

/** Reads the configuration again when asked to. An invalid one changes nothing. */
export class Reloader implements Service {
  readonly #options: ReloadOptions;
  #signal: AbortSignal | null = null;
  #isStopped = false;
  #reloading: Promise<void> = Promise.resolve();

  constructor(options: ReloadOptions) {
    this.#options = options;
  }

  async start(signal: AbortSignal): Promise<void> {
    if (this.#signal !== null) return;
    this.#signal = signal;
    this.#options.onReload(() => {
      this.#reloading = this.#reloading.then(() => this.#reload());
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#reloading;
  }

  async #reload(): Promise<void> {
    if (this.#isStopped || this.#signal?.aborted === true) return;
    const previousApp = this.#options.app();
    let newApp: App;
    try {
      newApp = await this.#readConfig(previousApp);
    } catch (error) {
      previousApp.log.error('configuration not reloaded: the previous one stays in use', errorFields(error));
      return;
    }
    newApp.log.info('configuration reloaded');
    await this.#options.apply(newApp);
  }

  async #readConfig(previousApp: App): Promise<App> {
    const { config, log } = await this.#options.reloadConfig();
    const settings = settingsRequiringRestart(previousApp.config, config);
    if (settings.length > 0) log.warn('changed settings take effect after a restart', { settings });
    const { state, server } = previousApp.config;
    return previousApp.withConfig({ ...config, state, server }, log);
  }
}

/** Changed settings that are read at the start of the process only: where the state is, and where the server listens. */
function settingsRequiringRestart(previous: Config, next: Config): readonly string[] {
  const settings: readonly (readonly [string, unknown, unknown])[] = [
    ['state.url', previous.state.url, next.state.url],
    ['state.schema', previous.state.schema, next.state.schema],
    ['server.host', previous.server.host, next.server.host],
    ['server.port', previous.server.port, next.server.port],
    ['server.token', previous.server.token, next.server.token],
    ['server.readToken', previous.server.readToken, next.server.readToken],
  ];
  return settings.flatMap(([name, previousValue, nextValue]) => (previousValue === nextValue ? [] : [name]));
}
