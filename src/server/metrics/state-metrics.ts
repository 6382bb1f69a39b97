import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { ReadGauges, SyncGauges } from '../../core/ports/sync-gauges.ts';
import type { RunReport } from '../../core/model/terms.ts';
import { runStatuses } from './process-metrics.ts';
import { withTimeout } from '../../lib/async/with-timeout.ts';

/** Scrapes that come sooner get the same values. */
const maxAgeMs = 3000;

/** A scrape waits no longer than this for the state database. */
const readTimeoutMs = 2000;

const lastRunStatuses = [...runStatuses, 'running'] as const;

/** Reads the values on demand, once for all scrapes that come at about the same time. */
class CachedGauges {
  readonly #read: ReadGauges;
  #latest: { readonly atMs: number; readonly values: readonly SyncGauges[] } | null = null;
  #reading: Promise<readonly SyncGauges[] | null> | null = null;

  constructor(read: ReadGauges) {
    this.#read = read;
  }

  /** `null` if the state database does not answer in time. */
  async get(): Promise<readonly SyncGauges[] | null> {
    if (this.#latest !== null && performance.now() - this.#latest.atMs < maxAgeMs) return this.#latest.values;
    this.#reading ??= this.#refresh().finally(() => (this.#reading = null));
    return withTimeout(this.#reading, readTimeoutMs, () => null);
  }

  async #refresh(): Promise<readonly SyncGauges[] | null> {
    try {
      const values = await this.#read();
      this.#latest = { atMs: performance.now(), values };
      return values;
    } catch {
      // The health check reports what is wrong.
      return null;
    }
  }
}

/**
 * Exposes what the state database contains; while it is unavailable, only that it is. Returns a function that updates
 * the values.
 */
export function createStateMetrics(registry: Registry, read: ReadGauges): (syncs: readonly string[]) => Promise<void> {
  const cache = new CachedGauges(read);
  const up = gauge(registry, 'panelsync_state_up', '1 while the state database answers');
  const gauges = stateGauges(registry);
  return async (syncs) => {
    const values = await cache.get();
    up.set(values === null ? 0 : 1);
    for (const metric of Object.values(gauges)) metric.reset();
    for (const sync of syncs) {
      const syncValues = values?.find((candidate) => candidate.sync === sync);
      if (syncValues !== undefined) setGauges(gauges, syncValues);
    }
  };
}

type StateGauges = ReturnType<typeof stateGauges>;

function stateGauges(registry: Registry) {
  const bySync = (name: string, help: string) => gauge(registry, name, help, ['sync']);
  return {
    lastRun: gauge(registry, 'panelsync_last_run', '1 for the status of the last run, 0 for all others', [
      'sync',
      'status',
    ]),
    duration: bySync('panelsync_last_run_duration_seconds', 'Duration of the last finished run'),
    success: bySync('panelsync_last_success_timestamp_seconds', 'End of the last run that succeeded or was partial'),
    waiting: bySync('panelsync_rows_waiting', 'Rows that the last run left unsent'),
    rejections: gauge(
      registry,
      'panelsync_open_rejections',
      'Open rejections, by who rejected the row: validation or destination',
      ['sync', 'by'],
    ),
    suppressed: bySync('panelsync_people_withheld', 'People who are suppressed: not sent, whatever their rows say'),
    unknown: bySync('panelsync_unknown_batches', 'Batches with an unknown outcome'),
    paused: bySync('panelsync_paused', '1 while the sync is paused'),
    dataAge: bySync('panelsync_data_age_seconds', 'Age of the newest data that the last run read (freshness)'),
  };
}

function setGauges(gauges: StateGauges, { sync, lastRun, lastSuccessAt, ...values }: SyncGauges): void {
  gauges.rejections.set({ sync, by: 'validation' }, values.rejections.validation);
  gauges.rejections.set({ sync, by: 'destination' }, values.rejections.destination);
  gauges.suppressed.set({ sync }, values.suppressed);
  gauges.unknown.set({ sync }, values.unknownBatches);
  gauges.paused.set({ sync }, values.paused ? 1 : 0);
  gauges.waiting.set({ sync }, lastRun?.rows.unsent ?? 0);
  for (const status of lastRunStatuses) gauges.lastRun.set({ sync, status }, lastRun?.status === status ? 1 : 0);
  if (values.dataAgeSeconds !== null) gauges.dataAge.set({ sync }, Math.max(values.dataAgeSeconds, 0));
  if (lastSuccessAt !== null) gauges.success.set({ sync }, lastSuccessAt.getTime() / 1000);
  const lastDurationMs = lastRun === null ? null : durationMs(lastRun);
  if (lastDurationMs !== null) gauges.duration.set({ sync }, lastDurationMs / 1000);
}

function durationMs({ startedAt, finishedAt }: RunReport): number | null {
  return finishedAt === null ? null : Date.parse(finishedAt) - Date.parse(startedAt);
}

function gauge<Label extends string = never>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly Label[] = [],
): Gauge<Label> {
  return new Gauge({ name, help, labelNames, registers: [registry] });
}
