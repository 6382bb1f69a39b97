import type { App } from '../app.ts';
import { nextScheduledAt } from '../app/sync-overviews.ts';
import type { Config, SyncSettings } from '../core/settings.ts';
import type { Service } from '../lib/async/service.ts';
import { Scheduler } from './scheduler.ts';
import { openMigratedSchedules } from './state-watch.ts';

/** A sync and its schedule, for the log and for people. */
export interface ScheduleView {
  readonly sync: string;
  readonly schedule: string | null;
  readonly timezone: string;
  readonly nextRunAt: string | null;
}

export type StartScheduledRun = (app: App, sync: SyncSettings) => Promise<unknown>;

/** One scheduler for each sync that has a schedule. */
export class Schedules implements Service {
  readonly #startRun: StartScheduledRun;
  #app: App;
  /** Set while at work; aborts when the daemon shuts down. */
  #signal: AbortSignal | null = null;
  #schedulers: readonly Scheduler[] = [];

  constructor(app: App, startRun: StartScheduledRun) {
    this.#app = app;
    this.#startRun = startRun;
  }

  async start(signal: AbortSignal): Promise<void> {
    if (this.#signal !== null) return;
    this.#signal = signal;
    await this.#startSchedulers([]);
  }

  async stop(): Promise<void> {
    this.#signal ??= AbortSignal.abort();
    await Promise.all(this.#schedulers.map((scheduler) => scheduler.stop()));
  }

  /** Continues with another configuration. Syncs whose schedule is unchanged keep the times that are done. */
  async reconfigure(app: App): Promise<void> {
    this.#app = app;
    const previousSchedulers = this.#schedulers;
    await Promise.all(previousSchedulers.map((scheduler) => scheduler.stop()));
    await this.#startSchedulers(previousSchedulers);
  }

  async #startSchedulers(previousSchedulers: readonly Scheduler[]): Promise<void> {
    const signal = this.#signal;
    if (signal === null || signal.aborted) return;
    const { config, log } = this.#app;
    this.#schedulers = Object.values(config.syncs).flatMap((sync) => this.#createScheduler(sync, previousSchedulers));
    await Promise.all(this.#schedulers.map((scheduler) => scheduler.start(signal)));
    log.info('schedules started', { syncs: scheduleViews(config) });
  }

  #createScheduler(sync: SyncSettings, previousSchedulers: readonly Scheduler[]): readonly Scheduler[] {
    const app = this.#app;
    const { name, schedule, timezone } = sync;
    if (schedule === null) return [];
    const previous = previousSchedulers.find((candidate) => candidate.sync.name === name);
    const isUnchanged = previous?.sync.schedule === schedule && previous.sync.timezone === timezone;
    const schedulerOptions = {
      log: app.log,
      schedules: () => openMigratedSchedules(app),
      startRun: () => this.#startRun(app, sync),
      random: Math.random,
      clock: Date.now,
    };
    return [new Scheduler({ ...sync, schedule }, isUnchanged ? previous.handledUntilMs : null, schedulerOptions)];
  }
}

export function scheduleViews({ syncs }: Config): readonly ScheduleView[] {
  return Object.values(syncs).map((sync) => {
    const { name, schedule, timezone } = sync;
    return { sync: name, schedule, timezone, nextRunAt: nextScheduledAt(sync) };
  });
}
