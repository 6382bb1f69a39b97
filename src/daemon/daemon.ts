import { once } from 'node:events';
import { configIssues } from '../app.ts';
import type { App } from '../app.ts';
import { nextScheduledAt } from '../app/sync-overviews.ts';
import { toPanelsyncError } from '../core/errors.ts';
import type { Log, ShutdownSignals } from '../core/ports/ports.ts';
import { pausedError } from '../core/ports/schedule-store.ts';
import type { Config } from '../core/settings.ts';
import { AlertWatch } from './alert-watch.ts';
import { Scheduler } from './scheduler.ts';
import { serveHttp } from './http.ts';
import { settingsRequiringRestart } from './reload.ts';
import { ActiveRuns, stoppingError } from './runs.ts';
import { openMigratedSchedules, StateWatch } from './state-watch.ts';
import type { Health } from '../server/api.ts';

/** A sync as the daemon keeps it, for people. */
export interface ScheduleView {
  readonly sync: string;
  readonly schedule: string | null;
  readonly timezone: string;
  readonly nextRunAt: string | null;
}

export interface StartupView {
  readonly schedules: readonly ScheduleView[];
  /** Where the daemon is reached. */
  readonly url: string;
}

export interface DaemonOptions {
  readonly app: App;
  readonly shutdown: ShutdownSignals;
  /** Reads the configuration again; rejects with its faults. */
  reloadConfig(): Promise<{ readonly config: Config; readonly log: Log }>;
  /** Calls `listener` whenever somebody asks for that. */
  onReload(listener: () => void): void;
  /** Told once, when it is at work. */
  onStarted(startup: StartupView): void;
}

/** After an abort, how long what is under way may take to end. */
const abortGracePeriodMs = 5000;

/** Keeps the schedules of all syncs until it is stopped; what goes wrong meanwhile is on record and in the log. */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  const daemon = new Daemon(options);
  await daemon.run();
}

class Daemon {
  readonly #options: DaemonOptions;
  readonly #runs = new ActiveRuns();
  readonly #stateWatch: StateWatch;
  readonly #alertWatch: AlertWatch;
  #schedulers: readonly Scheduler[] = [];
  #isScheduling = false;
  /** With the configuration that holds now. */
  #app: App;
  #reloading: Promise<void> = Promise.resolve();

  constructor(options: DaemonOptions) {
    const { app } = options;
    this.#options = options;
    this.#app = app.withConfig(app.config, app.log);
    this.#stateWatch = new StateWatch(app);
    this.#alertWatch = new AlertWatch(this.#app);
  }

  async run(): Promise<void> {
    const { shutdown, onStarted, onReload } = this.#options;
    const server = await serveHttp({
      app: () => this.#app,
      health: () => this.#health(),
      trigger: (sync) => this.#trigger(sync),
    });
    try {
      this.#app.log.info('listening', { url: server.url });
      onReload(() => {
        this.#reloading = this.#reloading.then(() => this.#reload());
      });
      onStarted({ schedules: scheduleViews(this.#app.config), url: server.url });
      void this.#startWork(shutdown.drain);
      await whenAborted(shutdown.drain);
      await this.#stop();
    } finally {
      await server.close();
    }
  }

  async #startWork(signal: AbortSignal): Promise<void> {
    await this.#stateWatch.whenReady(signal);
    if (signal.aborted) return;
    this.#isScheduling = true;
    this.#startSchedulers([]);
    await Promise.all([this.#stateWatch.watch(signal), this.#alertWatch.watch(signal)]);
  }

  /** Begins a run that somebody asked for. */
  async #trigger(name: string): Promise<{ readonly runId: string }> {
    const sync = this.#app.sync(name);
    const pause = (await (await openMigratedSchedules(this.#app)).pauses()).get(name);
    if (pause !== undefined) throw pausedError(name, pause);
    return { runId: await this.#runs.start(this.#app, sync, 'api') };
  }

  /** What keeps the daemon from its work; empty: nothing does. */
  async #health(): Promise<Health> {
    const problem = this.#options.shutdown.drain.aborted ? stoppingError() : await this.#stateWatch.problem();
    if (problem === null) return { problems: [] };
    const { code, message, hint } = problem;
    return { problems: [{ code, message, hint }] };
  }

  /** Slots that the keepers before are done with stay so where the schedule is the same. */
  #startSchedulers(previousSchedulers: readonly Scheduler[]): void {
    const app = this.#app;
    this.#schedulers = Object.values(app.config.syncs).flatMap((sync) => {
      const { name, schedule, timezone } = sync;
      if (schedule === null) return [];
      const previous = previousSchedulers.find((candidate) => candidate.sync.name === name);
      const isUnchanged = previous?.sync.schedule === schedule && previous.sync.timezone === timezone;
      const schedulerOptions = {
        log: app.log,
        schedules: () => openMigratedSchedules(app),
        start: () => this.#runs.start(app, sync, 'schedule'),
        random: Math.random,
        clock: Date.now,
      };
      return [new Scheduler({ ...sync, schedule }, isUnchanged ? previous.handledUntilMs : null, schedulerOptions)];
    });
    app.log.info('schedules are kept', { syncs: scheduleViews(app.config) });
  }

  async #reload(): Promise<void> {
    const previousApp = this.#app;
    if (this.#options.shutdown.drain.aborted) return;
    try {
      const { config, log } = await this.#options.reloadConfig();
      const restartRequired = settingsRequiringRestart(previousApp.config, config);
      if (restartRequired.length > 0)
        log.warn('these settings change with a restart only', { settings: restartRequired });
      this.#app = previousApp.withConfig(
        { ...config, state: previousApp.config.state, server: previousApp.config.server },
        log,
      );
      this.#alertWatch.reconfigure(this.#app);
      log.info('configuration read again');
    } catch (error) {
      previousApp.log.error('configuration not read again: the one before still holds', errorFields(error));
      return;
    }
    const previousSchedulers = this.#schedulers;
    await Promise.all(previousSchedulers.map((scheduler) => scheduler.stop()));
    if (this.#isScheduling && !this.#options.shutdown.drain.aborted) this.#startSchedulers(previousSchedulers);
    void this.#closeWhenIdle(previousApp);
  }

  async #closeWhenIdle(app: App): Promise<void> {
    await this.#runs.whenFinished(app);
    await app.close().catch((error: unknown) => app.log.warn('not closed in good order', errorFields(error)));
  }

  async #stop(): Promise<void> {
    const { log, config } = this.#app;
    this.#runs.drain();
    // What a keeper still waits for starts nothing any more.
    for (const scheduler of this.#schedulers) void scheduler.stop();
    log.info('stopping: no new batch, those in flight are settled', { runs: this.#runs.count });
    const graceExpired = new AbortController();
    let graceTimer: NodeJS.Timeout | undefined;
    const abort = (): void => {
      this.#runs.abort();
      graceTimer ??= setTimeout(() => graceExpired.abort(), abortGracePeriodMs);
    };
    const shutdownTimer = setTimeout(abort, config.daemon.shutdownTimeoutMs);
    void whenAborted(this.#options.shutdown.abort).then(abort);
    await Promise.race([this.#runs.whenFinished(), whenAborted(graceExpired.signal)]);
    clearTimeout(shutdownTimer);
    clearTimeout(graceTimer);
    log.info('stopped', { runs: this.#runs.count });
    await this.#app.close();
  }
}

async function whenAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

function scheduleViews({ syncs }: Config): readonly ScheduleView[] {
  return Object.values(syncs).map((sync) => {
    const { name, schedule, timezone } = sync;
    return { sync: name, schedule, timezone, nextRunAt: nextScheduledAt(sync) };
  });
}

/** An error for the log: the single faults of a configuration, or what else went wrong. */
function errorFields(error: unknown): Readonly<Record<string, unknown>> {
  const issues = configIssues(error);
  if (issues !== null) return { faults: issues };
  const { code, message, hint } = toPanelsyncError(error);
  return { code, reason: message, hint };
}
