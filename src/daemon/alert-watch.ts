import type { App } from '../app.ts';
import { createAlerts } from '../alerts/alerts.ts';
import type { Alerts } from '../alerts/alerts.ts';
import { openSchedule } from '../lib/schedule/schedule.ts';
import { sleep } from '../lib/async/sleep.ts';

/** How often is looked for what no run of this process brings about: what is overdue, runs of others, attempts due. */
const lookMs = 10_000;

/** Has webhooks told what changes about syncs: after each run, and by the clock. */
export class AlertWatch {
  #alerts: Alerts;
  #watching = false;

  constructor(app: App) {
    this.#alerts = alertsOf(app);
    app.observers.add({
      runFinished: () => {
        if (this.#watching) void this.#alerts.look();
      },
    });
  }

  /** Until `signal` aborts; messages under way are then left to whoever looks next. */
  async watch(signal: AbortSignal): Promise<void> {
    this.#watching = true;
    while (!signal.aborted) {
      void this.#alerts.look();
      await sleep(lookMs, signal);
    }
    this.#watching = false;
    await this.#alerts.close();
  }

  /** Goes on with another configuration. */
  under(app: App): void {
    void this.#alerts.close();
    this.#alerts = alertsOf(app);
  }
}

function alertsOf(app: App): Alerts {
  const { config, log, observers } = app;
  return createAlerts({
    alerts: Object.values(config.alerts),
    syncs: Object.values(config.syncs),
    book: async () => (await app.state()).alertBook,
    log,
    observer: observers,
    slots: ({ schedule, timezone }) => (schedule === null ? null : openSchedule(schedule, timezone)),
  });
}
