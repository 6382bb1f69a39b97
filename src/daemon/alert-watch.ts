import type { App } from '../app.ts';
import { createAlertMonitor } from '../alerts/alerts.ts';
import type { AlertMonitor } from '../alerts/alerts.ts';
import { createSchedule } from '../lib/schedule/schedule.ts';
import { sleep } from '../lib/async/sleep.ts';

/** How often is looked for what no run of this process brings about: what is overdue, runs of others, attempts due. */
const checkIntervalMs = 10_000;

/** Has webhooks told what changes about syncs: after each run, and by the clock. */
export class AlertWatch {
  #monitor: AlertMonitor;
  #isWatching = false;

  constructor(app: App) {
    this.#monitor = openAlertMonitor(app);
    app.observers.add({
      runFinished: () => {
        if (this.#isWatching) void this.#monitor.check();
      },
    });
  }

  /** Until `signal` aborts; messages under way are then left to whoever looks next. */
  async watch(signal: AbortSignal): Promise<void> {
    this.#isWatching = true;
    while (!signal.aborted) {
      void this.#monitor.check();
      await sleep(checkIntervalMs, signal);
    }
    this.#isWatching = false;
    await this.#monitor.close();
  }

  /** Goes on with another configuration. */
  reconfigure(app: App): void {
    void this.#monitor.close();
    this.#monitor = openAlertMonitor(app);
  }
}

function openAlertMonitor(app: App): AlertMonitor {
  const { config, log, observers } = app;
  return createAlertMonitor({
    alerts: Object.values(config.alerts),
    syncs: Object.values(config.syncs),
    store: async () => (await app.state()).alertStore,
    log,
    observer: observers,
    scheduledTimes: ({ schedule, timezone }) => (schedule === null ? null : createSchedule(schedule, timezone)),
  });
}
