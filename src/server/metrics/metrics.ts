/** Metrics for Prometheus: counters of this process, gauges of the state database. */

import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { ReadGauges } from '../../core/ports/sync-gauges.ts';
import type { Observer } from '../../core/ports/observer.ts';
import { createProcessMetrics } from './process-metrics.ts';
import { createStateMetrics } from './state-metrics.ts';

/** The next scheduled time, and the interval to the one after it. */
export interface NextRun {
  readonly scheduledAt: Date;
  readonly intervalMs: number;
}

export interface MetricsOptions {
  readonly version: string;
  /** Names of the syncs: the only values of the label `sync`. */
  syncs(): readonly string[];
  /** The same for the label `webhook`. */
  webhooks(): readonly string[];
  readonly readGauges: ReadGauges;
  /** `null` for a sync without a schedule. */
  nextRun(sync: string): NextRun | null;
  /** `null` for a sync whose data nobody watches. */
  maxDataAgeSeconds(sync: string): number | null;
}

export interface Metrics {
  /** Counts what this process does. */
  readonly observer: Omit<Observer, 'runProgressed'>;
  /** All metrics in the text format of Prometheus. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}

export function createMetrics(options: MetricsOptions): Metrics {
  const { version, syncs, webhooks, readGauges } = options;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const buildInfo = {
    name: 'panelsync_build_info',
    help: 'Always 1; the labels are the versions of panelsync and Node.js',
    labelNames: ['version', 'node'] as const,
  };
  new Gauge({ ...buildInfo, registers: [registry] }).set({ version, node: process.version }, 1);
  const processMetrics = createProcessMetrics(registry);
  const updateSettings = settingsGauges(registry, options);
  const updateState = createStateMetrics(registry, readGauges);
  return {
    observer: processMetrics.observer,
    render: async () => {
      for (const sync of syncs()) processMetrics.initializeSync(sync);
      for (const webhook of webhooks()) processMetrics.initializeWebhook(webhook);
      updateSettings(syncs());
      await updateState(syncs());
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

/** What the configuration says of the syncs. */
function settingsGauges(
  registry: Registry,
  { nextRun, maxDataAgeSeconds }: Pick<MetricsOptions, 'nextRun' | 'maxDataAgeSeconds'>,
) {
  const bySync = (name: string, help: string): Gauge<'sync'> =>
    new Gauge({ name, help, labelNames: ['sync'], registers: [registry] });
  const nextRunGauge = bySync('panelsync_next_run_timestamp_seconds', 'Next scheduled time');
  const intervalHelp = 'Interval from the next scheduled time to the one after it';
  const intervalGauge = bySync('panelsync_schedule_interval_seconds', intervalHelp);
  const maxAgeGauge = bySync('panelsync_data_max_age_seconds', 'How old the newest data may be (freshness.maxAge)');
  return (syncs: readonly string[]): void => {
    for (const gauge of [nextRunGauge, intervalGauge, maxAgeGauge]) gauge.reset();
    for (const sync of syncs) {
      const maxAgeSeconds = maxDataAgeSeconds(sync);
      if (maxAgeSeconds !== null) maxAgeGauge.set({ sync }, maxAgeSeconds);
      const upcoming = nextRun(sync);
      if (upcoming === null) continue;
      nextRunGauge.set({ sync }, upcoming.scheduledAt.getTime() / 1000);
      intervalGauge.set({ sync }, upcoming.intervalMs / 1000);
    }
  };
}
