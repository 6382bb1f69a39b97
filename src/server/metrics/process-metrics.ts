import { Counter, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { Observer } from '../../core/ports/observer.ts';
import type { RemovalCounts, RowCounts, RunReport, WorkCounts } from '../../core/model/terms.ts';

export const runStatuses = ['succeeded', 'partial', 'failed', 'stopped', 'canceled'] as const;
const statusClasses = ['2xx', '3xx', '4xx', '5xx', 'none'] as const;
const rowOutcomes = [
  'duplicate',
  'invalid',
  'unchanged',
  'skipped',
  'inserted',
  'updated',
  'rejected',
  'unsent',
] as const satisfies readonly (keyof RowCounts)[];
const removalOutcomes = [
  'marked',
  'restored',
  'rejected',
  'unsent',
] as const satisfies readonly (keyof RemovalCounts)[];
const incompleteReasons = ['lock_lost', 'busy', 'state', 'other'] as const;

/** From an immediate answer to a batch that used all its attempts. */
const batchDurationBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export interface ProcessMetrics {
  readonly observer: Omit<Observer, 'runProgressed'>;
  /** Exposes zeros for a sync before its first event, so that the event counts as an increase. */
  initializeSync(sync: string): void;
  /** The same for a webhook. */
  initializeWebhook(webhook: string): void;
}

/** Counts what this process does. */
export function createProcessMetrics(registry: Registry): ProcessMetrics {
  const registers = [registry];
  const runs = createRunMetrics(registers);
  const work = createWorkMetrics(registers);
  const alerts = createAlertMetrics(registers);
  return {
    observer: {
      ...runs.observer,
      ...alerts.observer,
      ...createRequestMetrics(registers),
      runFinished: (report) => {
        runs.observer.runFinished(report);
        work.add(report.sync, report.work);
      },
    },
    initializeSync: (sync) => {
      runs.show(sync);
      work.add(sync, { rowsRead: 0, bucketsEqual: 0, bytesFromSource: 0, bytesToState: 0 });
    },
    initializeWebhook: alerts.show,
  };
}

function createRunMetrics(registers: Registry[]) {
  const runs = new Counter({
    name: 'panelsync_runs_total',
    help: 'Runs that this process finished, by status',
    labelNames: ['sync', 'status'],
    registers,
  });
  const people = createPeopleMetrics(registers);
  const incompleteRuns = new Counter({
    name: 'panelsync_runs_broken_total',
    help: 'Runs that could not start or be recorded, by reason: lock_lost, busy, state or other',
    labelNames: ['sync', 'reason'],
    registers,
  });
  const observer: Pick<Observer, 'runFinished' | 'runErrored'> = {
    runFinished: (report) => {
      const { sync, status } = report;
      runs.inc({ sync, status });
      people.add(report);
    },
    runErrored: (sync, code) => incompleteRuns.inc({ sync, reason: incompleteReasonOf(code) }),
  };
  const initialize = (sync: string): void => {
    for (const status of runStatuses) runs.inc({ sync, status }, 0);
    people.show(sync);
    for (const reason of incompleteReasons) incompleteRuns.inc({ sync, reason }, 0);
  };
  return { observer, show: initialize };
}

/** What became of rows, and of people who left the model or are back. */
function createPeopleMetrics(registers: Registry[]) {
  const rows = new Counter({
    name: 'panelsync_rows_total',
    help: 'Rows read by the runs that this process finished, by outcome',
    labelNames: ['sync', 'outcome'],
    registers,
  });
  const marks = new Counter({
    name: 'panelsync_removals_total',
    help: 'People to be marked for having left the model, or to be restored, by outcome',
    labelNames: ['sync', 'outcome'],
    registers,
  });
  return {
    add: ({ sync, rows: rowCounts, removals }: Pick<RunReport, 'sync' | 'rows' | 'removals'>): void => {
      for (const outcome of rowOutcomes) rows.inc({ sync, outcome }, rowCounts[outcome]);
      for (const outcome of removalOutcomes) marks.inc({ sync, outcome }, removals[outcome]);
    },
    show: (sync: string): void => {
      for (const outcome of rowOutcomes) rows.inc({ sync, outcome }, 0);
      for (const outcome of removalOutcomes) marks.inc({ sync, outcome }, 0);
    },
  };
}

/** What the runs cost. */
function createWorkMetrics(registers: Registry[]) {
  const createCounter = (name: string, help: string): Counter<'sync'> =>
    new Counter({ name, help, labelNames: ['sync'], registers });
  const rows = createCounter('panelsync_source_rows_total', 'Rows that came from the source');
  const sourceBytes = createCounter('panelsync_source_bytes_total', 'Bytes of rows that came from the source');
  const buckets = createCounter('panelsync_buckets_equal_total', 'Buckets whose rows were as the last run left them');
  const stateBytes = createCounter('panelsync_state_bytes_total', 'Bytes of rows that went to the state database');
  const add = (sync: string, { rowsRead, bucketsEqual, bytesFromSource, bytesToState }: WorkCounts): void => {
    rows.inc({ sync }, rowsRead);
    sourceBytes.inc({ sync }, bytesFromSource);
    buckets.inc({ sync }, bucketsEqual);
    stateBytes.inc({ sync }, bytesToState);
  };
  return { add };
}

function createAlertMetrics(registers: Registry[]) {
  const alerts = new Counter({
    name: 'panelsync_alerts_total',
    help: 'Messages to webhooks, by result: sent or failed',
    labelNames: ['webhook', 'result'],
    registers,
  });
  const observer: Pick<Observer, 'alertSent'> = {
    alertSent: (webhook, ok) => alerts.inc({ webhook, result: ok ? 'sent' : 'failed' }),
  };
  const initialize = (webhook: string): void => {
    for (const result of ['sent', 'failed']) alerts.inc({ webhook, result }, 0);
  };
  return { observer, show: initialize };
}

function createRequestMetrics(registers: Registry[]): Pick<Observer, 'requestEnded' | 'batchSent'> {
  const requests = new Counter({
    name: 'panelsync_requests_total',
    help: 'Requests to the Hub, by class of the status code; none: no complete response',
    labelNames: ['status_class'],
    registers,
  });
  for (const status_class of statusClasses) requests.inc({ status_class }, 0);
  const retries = new Counter({
    name: 'panelsync_request_retries_total',
    help: 'Requests to the Hub that repeated a failed one',
    registers,
  });
  const rateLimited = new Counter({
    name: 'panelsync_requests_rate_limited_total',
    help: 'Requests to the Hub that were answered with 429',
    registers,
  });
  const durations = new Histogram({
    name: 'panelsync_batch_duration_seconds',
    help: 'Duration of a batch, with all its attempts and the waits between them',
    buckets: batchDurationBuckets,
    registers,
  });
  return {
    requestEnded: ({ status, retry }) => {
      requests.inc({ status_class: statusClassOf(status) });
      if (retry) retries.inc();
      if (status === 429) rateLimited.inc();
    },
    batchSent: ({ durationMs }) => durations.observe(durationMs / 1000),
  };
}

function statusClassOf(status: number | null): (typeof statusClasses)[number] {
  return statusClasses.find((name) => status !== null && name.startsWith(String(Math.floor(status / 100)))) ?? 'none';
}

function incompleteReasonOf(code: string): (typeof incompleteReasons)[number] {
  if (code === 'lock_lost') return 'lock_lost';
  if (code === 'already_running') return 'busy';
  return code.startsWith('state_') ? 'state' : 'other';
}
