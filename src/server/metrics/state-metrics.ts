import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { ReadFigures, SyncFigures } from '../../core/ports/sync-gauges.ts';
import type { RunReport } from '../../core/model/terms.ts';
import { runStatuses } from './process-metrics.ts';
import { withinTime } from '../../lib/async/with-timeout.ts';

/** Scrapes that come sooner get the same figures. */
const freshMs = 3000;

/** A scrape waits no longer than this for the state database. */
const patienceMs = 2000;

const lastStatuses = [...runStatuses, 'running'] as const;

/** Reads the figures when somebody asks, once for all who ask at about the same time. */
class LatestFigures {
  readonly #read: ReadFigures;
  #latest: { readonly atMs: number; readonly figures: readonly SyncFigures[] } | null = null;
  #reading: Promise<readonly SyncFigures[] | null> | null = null;

  constructor(read: ReadFigures) {
    this.#read = read;
  }

  /** `null`: the state database does not answer, or not in time. */
  async get(): Promise<readonly SyncFigures[] | null> {
    if (this.#latest !== null && performance.now() - this.#latest.atMs < freshMs) return this.#latest.figures;
    this.#reading ??= this.#look().finally(() => (this.#reading = null));
    return withinTime(this.#reading, patienceMs, () => null);
  }

  async #look(): Promise<readonly SyncFigures[] | null> {
    try {
      const figures = await this.#read();
      this.#latest = { atMs: performance.now(), figures };
      return figures;
    } catch {
      // What is wrong with it is for the health check to say.
      return null;
    }
  }
}

/** Shows what the state database holds; while it is away only that it is. Returns what brings it up to date. */
export function showState(registry: Registry, read: ReadFigures): (syncs: readonly string[]) => Promise<void> {
  const latest = new LatestFigures(read);
  const up = gauge(registry, 'panelsync_state_up', 'Whether the state database answers');
  const shown = stateGauges(registry);
  return async (syncs) => {
    const figures = await latest.get();
    up.set(figures === null ? 0 : 1);
    for (const one of Object.values(shown)) one.reset();
    for (const sync of syncs) {
      const found = figures?.find((one) => one.sync === sync);
      if (found !== undefined) show(shown, found);
    }
  };
}

type StateGauges = ReturnType<typeof stateGauges>;

function stateGauges(registry: Registry) {
  const bySync = (name: string, help: string) => gauge(registry, name, help, ['sync']);
  return {
    lastRun: gauge(registry, 'panelsync_last_run', '1 for the status of the last run', ['sync', 'status']),
    duration: bySync('panelsync_last_run_duration_seconds', 'How long the last run took that is over'),
    success: bySync('panelsync_last_success_timestamp_seconds', 'End of the last run that succeeded or was partial'),
    waiting: bySync('panelsync_rows_waiting', 'Rows that the last run left unsent'),
    rejections: gauge(registry, 'panelsync_open_rejections', 'Open rejections, by who refused', ['sync', 'by']),
    withheld: bySync('panelsync_people_withheld', 'People who are held back, whatever their rows say'),
    unknown: bySync('panelsync_unknown_batches', 'Batches of which nobody knows whether the Hub stored them'),
    paused: bySync('panelsync_paused', 'Whether somebody paused the sync'),
  };
}

function show(gauges: StateGauges, { sync, lastRun, lastSuccessAt, ...figures }: SyncFigures): void {
  gauges.rejections.set({ sync, by: 'validation' }, figures.rejections.validation);
  gauges.rejections.set({ sync, by: 'destination' }, figures.rejections.destination);
  gauges.withheld.set({ sync }, figures.withheld);
  gauges.unknown.set({ sync }, figures.unknownBatches);
  gauges.paused.set({ sync }, figures.paused ? 1 : 0);
  gauges.waiting.set({ sync }, lastRun?.rows.unsent ?? 0);
  for (const status of lastStatuses) gauges.lastRun.set({ sync, status }, lastRun?.status === status ? 1 : 0);
  if (lastSuccessAt !== null) gauges.success.set({ sync }, lastSuccessAt.getTime() / 1000);
  const tookMs = lastRun === null ? null : durationMs(lastRun);
  if (tookMs !== null) gauges.duration.set({ sync }, tookMs / 1000);
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
