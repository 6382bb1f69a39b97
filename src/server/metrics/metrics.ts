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
}

export interface Metrics {
  /** Counts what this process does. */
  readonly observer: Omit<Observer, 'runProgressed'>;
  /** All metrics in the text format of Prometheus. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}

export function createMetrics({ version, syncs, webhooks, readGauges, nextRun }: MetricsOptions): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const buildInfo = {
    name: 'panelsync_build_info',
    help: 'Always 1; the labels are the versions of panelsync and Node.js',
    labelNames: ['version', 'node'] as const,
  };
  new Gauge({ ...buildInfo, registers: [registry] }).set({ version, node: process.version }, 1);
  const processMetrics = createProcessMetrics(registry);
  const updateSchedule = scheduleGauges(registry, nextRun);
  const updateState = createStateMetrics(registry, readGauges);
  return {
    observer: processMetrics.observer,
    render: async () => {
      for (const sync of syncs()) processMetrics.initializeSync(sync);
      for (const webhook of webhooks()) processMetrics.initializeWebhook(webhook);
      updateSchedule(syncs());
      await updateState(syncs());
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

function scheduleGauges(registry: Registry, nextRun: MetricsOptions['nextRun']) {
  const registers = [registry];
  const nextRunGauge = new Gauge({
    name: 'panelsync_next_run_timestamp_seconds',
    help: 'Next scheduled time',
    labelNames: ['sync'],
    registers,
  });
  const intervalGauge = new Gauge({
    name: 'panelsync_schedule_interval_seconds',
    help: 'Interval from the next scheduled time to the one after it',
    labelNames: ['sync'],
    registers,
  });
  return (syncs: readonly string[]): void => {
    for (const gauge of [nextRunGauge, intervalGauge]) gauge.reset();
    for (const sync of syncs) {
      const upcoming = nextRun(sync);
      if (upcoming === null) continue;
      nextRunGauge.set({ sync }, upcoming.scheduledAt.getTime() / 1000);
      intervalGauge.set({ sync }, upcoming.intervalMs / 1000);
    }
  };
}
