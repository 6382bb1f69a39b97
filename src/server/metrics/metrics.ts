import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { ReadFigures } from '../../core/ports/sync-gauges.ts';
import type { Observer } from '../../core/ports/observer.ts';
import { countProcess } from './process-metrics.ts';
import { showState } from './state-metrics.ts';

/** When a schedule comes next, and the time from that slot to the one after it. */
export interface NextSlots {
  readonly nextAt: Date;
  readonly intervalMs: number;
}

export interface MetricsParts {
  readonly version: string;
  /** Names of the syncs: the only values of the label `sync`. */
  syncs(): readonly string[];
  /** The same for the label `webhook`. */
  webhooks(): readonly string[];
  readonly figures: ReadFigures;
  /** `null` for a sync without a schedule. */
  nextSlots(sync: string): NextSlots | null;
}

export interface Metrics {
  /** Counts what this process does. */
  readonly observer: Observer;
  /** What Prometheus scrapes, in its text format. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}

export function createMetrics({ version, syncs, webhooks, figures, nextSlots }: MetricsParts): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const build = { name: 'panelsync_build_info', help: '1, with the version', labelNames: ['version', 'node'] as const };
  new Gauge({ ...build, registers: [registry] }).set({ version, node: process.version }, 1);
  const own = countProcess(registry);
  const showSlots = scheduleGauges(registry, nextSlots);
  const bringUpToDate = showState(registry, figures);
  return {
    observer: own.observer,
    render: async () => {
      for (const sync of syncs()) own.showSync(sync);
      for (const webhook of webhooks()) own.showWebhook(webhook);
      showSlots(syncs());
      await bringUpToDate(syncs());
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

function scheduleGauges(registry: Registry, nextSlots: MetricsParts['nextSlots']) {
  const registers = [registry];
  const next = new Gauge({
    name: 'panelsync_next_run_timestamp_seconds',
    help: 'When the schedule starts the next run',
    labelNames: ['sync'],
    registers,
  });
  const interval = new Gauge({
    name: 'panelsync_schedule_interval_seconds',
    help: 'From the next slot of the schedule to the one after it',
    labelNames: ['sync'],
    registers,
  });
  return (syncs: readonly string[]): void => {
    for (const one of [next, interval]) one.reset();
    for (const sync of syncs) {
      const slots = nextSlots(sync);
      if (slots === null) continue;
      next.set({ sync }, slots.nextAt.getTime() / 1000);
      interval.set({ sync }, slots.intervalMs / 1000);
    }
  };
}
