/** The daemon: a list of services, started in order and stopped in reverse. */
import { once } from 'node:events';
import type { App } from '../app.ts';
import { syncOverviews } from '../app/sync-overviews.ts';
import type { Log } from '../core/ports/log.ts';
import type { ShutdownSignals } from '../core/ports/shutdown-signals.ts';
import { pausedError } from '../core/ports/schedule-store.ts';
import type { Config } from '../core/settings.ts';
import { ServiceGroup } from '../lib/async/service.ts';
import type { Health } from '../server/api.ts';
import { createHttpServer } from '../server/server.ts';
import type { HttpServer } from '../server/server.ts';
import { createDaemonApi } from './api.ts';
import { LiveWatch } from './live/live.ts';
import { AlertWatch } from './alert-watch.ts';
import { errorFields } from './error-fields.ts';
import { Reloader } from './reload.ts';
import { ActiveRuns, shuttingDownError } from './runs.ts';
import { Schedules, scheduleViews } from './schedules.ts';
import type { ScheduleView } from './schedules.ts';
import { openMigratedSchedules, StateWatch } from './state-watch.ts';

export interface StartupView {
  readonly schedules: readonly ScheduleView[];
  /** Where the daemon listens. */
  readonly url: string;
}

export interface DaemonOptions {
  readonly app: App;
  readonly shutdown: ShutdownSignals;
  /** Reads the configuration again; rejects with its issues. */
  reloadConfig(): Promise<{ readonly config: Config; readonly log: Log }>;
  /** Calls `listener` each time someone asks for a reload. */
  onReload(listener: () => void): void;
  /** Called once, when the daemon listens. */
  onStarted(startup: StartupView): void;
}

/** How long services may take to stop once runs have ended or were aborted. */
const abortGracePeriodMs = 5000;

/** Runs all syncs on their schedules until it is shut down. What goes wrong meanwhile is recorded and logged. */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  const daemon = new Daemon(options);
  await daemon.run();
}

class Daemon {
  readonly #options: DaemonOptions;
  readonly #server: HttpServer;
  readonly #runs = new ActiveRuns();
  readonly #stateWatch: StateWatch;
  readonly #liveWatch = new LiveWatch(() => syncOverviews(this.#app));
  readonly #alertWatch: AlertWatch;
  readonly #schedules: Schedules;
  /** Each may need those before it: nothing is scheduled before the state database is available. */
  readonly #services: ServiceGroup;
  /** With the configuration in use. */
  #app: App;

  constructor(options: DaemonOptions) {
    const { app, reloadConfig, onReload } = options;
    this.#options = options;
    this.#app = app.withConfig(app.config, app.log);
    const api = createDaemonApi({
      app: () => this.#app,
      health: () => this.#health(),
      trigger: (sync) => this.#trigger(sync),
      startApproval: (sync, approval) => this.#runs.startApproval(this.#app, sync, approval),
      watch: (listener) => this.#liveWatch.subscribe(listener),
    });
    this.#app.observers.add(this.#liveWatch.observer);
    this.#server = createHttpServer(app.config.server, api, app.log);
    this.#stateWatch = new StateWatch(app);
    this.#alertWatch = new AlertWatch(this.#app);
    this.#schedules = new Schedules(this.#app, (runApp, sync) => this.#runs.startRun(runApp, sync, 'schedule'));
    const reloader = new Reloader({
      app: () => this.#app,
      reloadConfig,
      onReload,
      apply: (newApp) => this.#reconfigure(newApp),
    });
    const work = [this.#runs, reloader, this.#stateWatch, this.#alertWatch, this.#schedules];
    this.#services = new ServiceGroup([this.#server, this.#liveWatch, ...work]);
  }

  async run(): Promise<void> {
    const { shutdown, onStarted } = this.#options;
    await this.#server.start(shutdown.drain);
    onStarted({ schedules: scheduleViews(this.#app.config), url: this.#server.url });
    await this.#services.start(shutdown.drain);
    if (!shutdown.drain.aborted) await once(shutdown.drain, 'abort');
    await this.#stop();
  }

  /** Starts a run that someone asked for. */
  async #trigger(name: string): Promise<{ readonly runId: string }> {
    const sync = this.#app.sync(name);
    const pause = (await (await openMigratedSchedules(this.#app)).pauses()).get(name);
    if (pause !== undefined) throw pausedError(name, pause);
    return { runId: await this.#runs.startRun(this.#app, sync, 'api') };
  }

  /** What keeps the daemon from working; empty if nothing does. */
  async #health(): Promise<Health> {
    const problem = this.#options.shutdown.drain.aborted ? shuttingDownError() : await this.#stateWatch.problem();
    if (problem === null) return { problems: [] };
    const { code, message, hint } = problem;
    return { problems: [{ code, message, hint }] };
  }

  /** Runs under way end with the configuration that they started with. */
  async #reconfigure(app: App): Promise<void> {
    const previousApp = this.#app;
    this.#app = app;
    this.#alertWatch.reconfigure(app);
    await this.#schedules.reconfigure(app);
    void this.#runs.whenFinished(previousApp).then(() => closeApp(previousApp));
  }

  async #stop(): Promise<void> {
    const { log, config } = this.#app;
    log.info('shutting down: finishing the batches in flight', { runs: this.#runs.count });
    const graceOver = new AbortController();
    let graceTimer: NodeJS.Timeout | undefined;
    const startGrace = (): void => {
      graceTimer ??= setTimeout(() => graceOver.abort(), abortGracePeriodMs);
    };
    const abort = (): void => {
      this.#runs.abort();
      startGrace();
    };
    const shutdownTimer = setTimeout(abort, config.daemon.shutdownTimeoutMs);
    onAbort(this.#options.shutdown.abort, abort);
    void this.#runs.whenFinished().then(startGrace);
    await Promise.race([this.#services.stop(), once(graceOver.signal, 'abort')]);
    clearTimeout(shutdownTimer);
    clearTimeout(graceTimer);
    await this.#server.stop();
    log.info('stopped', { runs: this.#runs.count });
    await this.#app.close();
  }
}

function onAbort(signal: AbortSignal, listener: () => void): void {
  signal.addEventListener('abort', listener);
  if (signal.aborted) listener();
}

async function closeApp(app: App): Promise<void> {
  await app.close().catch((error: unknown) => app.log.warn('cleanup failed', errorFields(error)));
}
