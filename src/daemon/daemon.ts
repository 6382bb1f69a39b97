import { once } from 'node:events';
import { configFaults } from '../app.ts';
import type { App } from '../app.ts';
import { nextSlotAt } from '../app/sync-overviews.ts';
import { asPanelsyncError } from '../core/errors.ts';
import type { Log, Stop } from '../core/ports/ports.ts';
import { pausedError } from '../core/ports/schedule-store.ts';
import type { Config } from '../core/settings.ts';
import { AlertWatch } from './alert-watch.ts';
import { Keeper } from './scheduler.ts';
import { serveHttp } from './http.ts';
import { restartSettings } from './reload.ts';
import { Runs, stoppingError } from './runs.ts';
import { preparedSchedules, StateWatch } from './state-watch.ts';
import type { Health } from '../server/api.ts';

/** A sync as the daemon keeps it, for people. */
export interface Kept {
  readonly sync: string;
  readonly schedule: string | null;
  readonly timezone: string;
  readonly nextRunAt: string | null;
}

export interface Started {
  readonly kept: readonly Kept[];
  /** Where the daemon is reached. */
  readonly url: string;
}

export interface DaemonParts {
  readonly app: App;
  readonly stop: Stop;
  /** Reads the configuration again; rejects with its faults. */
  reread(): Promise<{ readonly config: Config; readonly log: Log }>;
  /** Calls `listener` whenever somebody asks for that. */
  onReload(listener: () => void): void;
  /** Told once, when it is at work. */
  onStarted(started: Started): void;
}

/** After an abort, how long what is under way may take to end. */
const abortGraceMs = 5000;

/** Keeps the schedules of all syncs until it is stopped; what goes wrong meanwhile is on record and in the log. */
export async function runDaemon(parts: DaemonParts): Promise<void> {
  const daemon = new Daemon(parts);
  await daemon.run();
}

class Daemon {
  readonly #parts: DaemonParts;
  readonly #runs = new Runs();
  readonly #watch: StateWatch;
  readonly #alerts: AlertWatch;
  #keepers: readonly Keeper[] = [];
  #keeping = false;
  /** With the configuration that holds now. */
  #app: App;
  #reloading: Promise<void> = Promise.resolve();

  constructor(parts: DaemonParts) {
    const { app } = parts;
    this.#parts = parts;
    this.#app = app.under(app.config, app.log);
    this.#watch = new StateWatch(app);
    this.#alerts = new AlertWatch(this.#app);
  }

  async run(): Promise<void> {
    const { stop, onStarted, onReload } = this.#parts;
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
      onStarted({ kept: keptOf(this.#app.config), url: server.url });
      void this.#begin(stop.drain);
      await aborted(stop.drain);
      await this.#stop();
    } finally {
      await server.close();
    }
  }

  async #begin(signal: AbortSignal): Promise<void> {
    await this.#watch.ready(signal);
    if (signal.aborted) return;
    this.#keeping = true;
    this.#keepAll([]);
    await Promise.all([this.#watch.watch(signal), this.#alerts.watch(signal)]);
  }

  /** Begins a run that somebody asked for. */
  async #trigger(name: string): Promise<{ readonly runId: string }> {
    const sync = this.#app.sync(name);
    const pause = (await (await preparedSchedules(this.#app)).pauses()).get(name);
    if (pause !== undefined) throw pausedError(name, pause);
    return { runId: await this.#runs.start(this.#app, sync, 'api') };
  }

  /** What keeps the daemon from its work; empty: nothing does. */
  async #health(): Promise<Health> {
    const problem = this.#parts.stop.drain.aborted ? stoppingError() : await this.#watch.problem();
    if (problem === null) return { problems: [] };
    const { code, message, hint } = problem;
    return { problems: [{ code, message, hint }] };
  }

  /** Slots that the keepers before are done with stay so where the schedule is the same. */
  #keepAll(before: readonly Keeper[]): void {
    const app = this.#app;
    this.#keepers = Object.values(app.config.syncs).flatMap((sync) => {
      const { name, schedule, timezone } = sync;
      if (schedule === null) return [];
      const old = before.find((one) => one.sync.name === name);
      const same = old?.sync.schedule === schedule && old.sync.timezone === timezone;
      const parts = {
        log: app.log,
        schedules: () => preparedSchedules(app),
        start: () => this.#runs.start(app, sync, 'schedule'),
        random: Math.random,
        clock: Date.now,
      };
      return [new Keeper({ ...sync, schedule }, same ? old.seenMs : null, parts)];
    });
    app.log.info('schedules are kept', { syncs: keptOf(app.config) });
  }

  async #reload(): Promise<void> {
    const old = this.#app;
    if (this.#parts.stop.drain.aborted) return;
    try {
      const { config, log } = await this.#parts.reread();
      const restart = restartSettings(old.config, config);
      if (restart.length > 0) log.warn('these settings change with a restart only', { settings: restart });
      this.#app = old.under({ ...config, state: old.config.state, server: old.config.server }, log);
      this.#alerts.under(this.#app);
      log.info('configuration read again');
    } catch (error) {
      old.log.error('configuration not read again: the one before still holds', toldOf(error));
      return;
    }
    const before = this.#keepers;
    await Promise.all(before.map((keeper) => keeper.stop()));
    if (this.#keeping && !this.#parts.stop.drain.aborted) this.#keepAll(before);
    void this.#closeAfterRuns(old);
  }

  async #closeAfterRuns(app: App): Promise<void> {
    await this.#runs.settled(app);
    await app.close().catch((error: unknown) => app.log.warn('not closed in good order', toldOf(error)));
  }

  async #stop(): Promise<void> {
    const { log, config } = this.#app;
    this.#runs.drain();
    // What a keeper still waits for starts nothing any more.
    for (const keeper of this.#keepers) void keeper.stop();
    log.info('stopping: no new batch, those in flight are settled', { runs: this.#runs.count });
    const gaveUp = new AbortController();
    let grace: NodeJS.Timeout | undefined;
    const abort = (): void => {
      this.#runs.abort();
      grace ??= setTimeout(() => gaveUp.abort(), abortGraceMs);
    };
    const late = setTimeout(abort, config.daemon.shutdownTimeoutMs);
    void aborted(this.#parts.stop.abort).then(abort);
    await Promise.race([this.#runs.settled(), aborted(gaveUp.signal)]);
    clearTimeout(late);
    clearTimeout(grace);
    log.info('stopped', { runs: this.#runs.count });
    await this.#app.close();
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

function keptOf({ syncs }: Config): readonly Kept[] {
  return Object.values(syncs).map((sync) => {
    const { name, schedule, timezone } = sync;
    return { sync: name, schedule, timezone, nextRunAt: nextSlotAt(sync) };
  });
}

/** An error for the log: the single faults of a configuration, or what else went wrong. */
function toldOf(error: unknown): Readonly<Record<string, unknown>> {
  const faults = configFaults(error);
  if (faults !== null) return { faults };
  const { code, message, hint } = asPanelsyncError(error);
  return { code, reason: message, hint };
}
