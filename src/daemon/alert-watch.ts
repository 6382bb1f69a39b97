import type { App } from '../app.ts';
import { createAlertMonitor } from '../alerts/alerts.ts';
import type { AlertMonitor } from '../alerts/alerts.ts';
import { BackgroundTask } from '../lib/async/service.ts';
import type { Service } from '../lib/async/service.ts';
import { createSchedule } from '../lib/schedule/schedule.ts';
import { sleep } from '../lib/async/sleep.ts';

/** How often to look for what no run of this process causes: overdue syncs, runs of other processes, retries due. */
const checkIntervalMs = 10_000;

/** Notifies webhooks of what changes about syncs: after each run, and periodically. */
export class AlertWatch implements Service {
  readonly #task = new BackgroundTask((signal) => this.#watch(signal));
  #app: App;
  #monitor: AlertMonitor | null = null;

  constructor(app: App) {
    this.#app = app;
  }

  async start(signal: AbortSignal): Promise<void> {
    if (this.#monitor !== null) return;
    this.#monitor = openAlertMonitor(this.#app);
    this.#app.observers.add({
      runFinished: () => {
        if (this.#task.isActive) void this.#monitor?.check();
      },
    });
    await this.#task.start(signal);
  }

  stop(): Promise<void> {
    return this.#task.stop();
  }

  /** Continues with another configuration. */
  reconfigure(app: App): void {
    this.#app = app;
    if (!this.#task.isActive) return;
    void this.#monitor?.close();
    this.#monitor = openAlertMonitor(app);
  }

  /** A message under way when `signal` aborts is left to the next check, here or in another process. */
  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      void this.#monitor?.check();
      await sleep(checkIntervalMs, signal);
    }
    await this.#monitor?.close();
  }
}

function openAlertMonitor(app: App): AlertMonitor {
  const { config, log, observers } = app;
  return createAlertMonitor({
    alerts: Object.values(config.alerts),
    syncs: Object.values(config.syncs),
    store: async () => (await app.state()).alertStore,
    log,
    publicUrl: config.server.publicUrl,
    observer: observers,
    scheduledTimes: ({ schedule, timezone }) => (schedule === null ? null : createSchedule(schedule, timezone)),
  });
}
