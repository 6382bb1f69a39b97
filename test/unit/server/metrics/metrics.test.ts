import { expect } from 'chai';
import type { SyncGauges } from '../../../../src/core/ports/sync-gauges.ts';
import type { SendResult } from '../../../../src/core/ports/destination.ts';
import type { RunReport } from '../../../../src/core/model/terms.ts';
import { createMetrics } from '../../../../src/server/metrics/metrics.ts';
import type { Metrics, MetricsOptions } from '../../../../src/server/metrics/metrics.ts';
import { seriesOf, seriesWithPrefix, metricTypes } from '../../../helpers/daemon/metrics-scrape.ts';
import { sampleRun } from '../../../helpers/daemon/scripted-api.ts';

const figures: SyncGauges = {
  sync: 'panel',
  lastRun: { ...sampleRun, status: 'partial', rows: { ...sampleRun.rows, read: 9, unsent: 4, updated: 5 } },
  lastSuccessAt: new Date('2026-11-23T20:15:04.500Z'),
  rejections: { validation: 2, destination: 3 },
  suppressed: 6,
  unknownBatches: 1,
  paused: true,
  dataAgeSeconds: 3600,
};

function metricsWith(parts: Partial<MetricsOptions> = {}): Metrics {
  return createMetrics({
    version: '1.2.3',
    syncs: () => ['panel', 'other'],
    webhooks: () => ['team'],
    readGauges: async () => [figures],
    nextRun: (sync) =>
      sync === 'panel' ? { scheduledAt: new Date('2026-11-23T20:30:00Z'), intervalMs: 900_000 } : null,
    maxDataAgeSeconds: (sync) => (sync === 'panel' ? 7200 : null),
    ...parts,
  });
}

async function scrape(metrics: Metrics): Promise<ReadonlyMap<string, number>> {
  return seriesOf((await metrics.render()).text);
}

const delivery: SendResult = {
  outcome: { kind: 'accepted', refusals: [] },
  requests: { sent: 1, retried: 0, rateLimited: 0 },
  status: 200,
  requestId: null,
  durationMs: 1250,
};

describe('metrics', () => {
  it('count runs and rows, each sync from zero', async () => {
    const metrics = metricsWith();
    const before = seriesWithPrefix(await scrape(metrics), 'panelsync_runs_total');
    expect(Object.values(before)).to.deep.equal(Array.from({ length: 10 }, () => 0));
    const rows = {
      ...sampleRun.rows,
      read: 12,
      duplicate: 1,
      invalid: 2,
      skipped: 3,
      inserted: 4,
      rejected: 2,
      removed: 9,
    };
    const work = { rowsRead: 12, bucketsEqual: 3, bytesFromSource: 600, bytesToState: 240 };
    const removals = { marked: 5, restored: 1, rejected: 0, unsent: 0 };
    const report: RunReport = { ...sampleRun, status: 'partial', rows, work, removals };
    metrics.observer.runFinished(report);
    metrics.observer.runFinished(report);
    const after = await scrape(metrics);
    expect(after.get('panelsync_runs_total{sync="panel",status="partial"}')).to.equal(2);
    expect(after.get('panelsync_runs_total{sync="other",status="partial"}')).to.equal(0);
    const counted = seriesWithPrefix(after, 'panelsync_rows_total{sync="panel"');
    expect(Object.values(counted).reduce((sum, count) => sum + count, 0)).to.equal(24);
    expect(counted['panelsync_rows_total{sync="panel",outcome="inserted"}']).to.equal(8);
    expect(after.get('panelsync_removals_total{sync="panel",outcome="marked"}')).to.equal(10);
    expect(after.get('panelsync_removals_total{sync="other",outcome="restored"}')).to.equal(0);
    expect(after.get('panelsync_source_rows_total{sync="panel"}')).to.equal(24);
    expect(after.get('panelsync_source_bytes_total{sync="panel"}')).to.equal(1200);
    expect(after.get('panelsync_buckets_equal_total{sync="panel"}')).to.equal(6);
    expect(after.get('panelsync_state_bytes_total{sync="panel"}')).to.equal(480);
    expect(after.get('panelsync_state_bytes_total{sync="other"}')).to.equal(0);
  });

  it('count requests by the class of their status, retries, limits and alerts', async () => {
    const metrics = metricsWith();
    for (const status of [200, 202, 302, 422, 429, 503, null, 999]) {
      metrics.observer.requestEnded({ status, retry: status === 503 });
    }
    metrics.observer.batchSent(delivery);
    metrics.observer.alertSent('team', false);
    const series = await scrape(metrics);
    expect(seriesWithPrefix(series, 'panelsync_alerts_total')).to.deep.equal({
      'panelsync_alerts_total{webhook="team",result="sent"}': 0,
      'panelsync_alerts_total{webhook="team",result="failed"}': 1,
    });
    expect(seriesWithPrefix(series, 'panelsync_requests_total')).to.deep.equal({
      'panelsync_requests_total{status_class="2xx"}': 2,
      'panelsync_requests_total{status_class="3xx"}': 1,
      'panelsync_requests_total{status_class="4xx"}': 2,
      'panelsync_requests_total{status_class="5xx"}': 1,
      'panelsync_requests_total{status_class="none"}': 2,
    });
    expect(series.get('panelsync_request_retries_total')).to.equal(1);
    expect(series.get('panelsync_requests_rate_limited_total')).to.equal(1);
    expect(series.get('panelsync_batch_duration_seconds_sum')).to.equal(1.25);
    expect(series.get('panelsync_batch_duration_seconds_bucket{le="1"}')).to.equal(0);
    expect(series.get('panelsync_batch_duration_seconds_bucket{le="2.5"}')).to.equal(1);
  });

  it('count runs that could not start or be recorded, by a few reasons', async () => {
    const metrics = metricsWith();
    for (const code of [
      'lock_lost',
      'already_running',
      'state_unreachable',
      'state_full',
      'unexpected',
      'x'.repeat(9),
    ]) {
      metrics.observer.runErrored('panel', code);
    }
    expect(seriesWithPrefix(await scrape(metrics), 'panelsync_runs_broken_total{sync="panel"')).to.deep.equal({
      'panelsync_runs_broken_total{sync="panel",reason="lock_lost"}': 1,
      'panelsync_runs_broken_total{sync="panel",reason="busy"}': 1,
      'panelsync_runs_broken_total{sync="panel",reason="state"}': 2,
      'panelsync_runs_broken_total{sync="panel",reason="other"}': 2,
    });
  });

  it('show the state of the configured syncs', async () => {
    const stranger = { ...figures, sync: 'gone' };
    const series = await scrape(metricsWith({ readGauges: async () => [figures, stranger] }));
    const shown = Object.fromEntries(
      [...series].filter(([name]) =>
        /^panelsync_(?!runs|rows_total|removals|source|buckets|state_bytes|request|batch|build|alerts)/.test(name),
      ),
    );
    expect(shown).to.deep.equal({
      panelsync_state_up: 1,
      'panelsync_next_run_timestamp_seconds{sync="panel"}': Date.parse('2026-11-23T20:30:00Z') / 1000,
      'panelsync_schedule_interval_seconds{sync="panel"}': 900,
      'panelsync_last_run{sync="panel",status="succeeded"}': 0,
      'panelsync_last_run{sync="panel",status="partial"}': 1,
      'panelsync_last_run{sync="panel",status="failed"}': 0,
      'panelsync_last_run{sync="panel",status="stopped"}': 0,
      'panelsync_last_run{sync="panel",status="canceled"}': 0,
      'panelsync_last_run{sync="panel",status="running"}': 0,
      'panelsync_data_age_seconds{sync="panel"}': 3600,
      'panelsync_data_max_age_seconds{sync="panel"}': 7200,
      'panelsync_last_run_duration_seconds{sync="panel"}': 4,
      'panelsync_last_success_timestamp_seconds{sync="panel"}': Date.parse('2026-11-23T20:15:04.500Z') / 1000,
      'panelsync_rows_waiting{sync="panel"}': 4,
      'panelsync_open_rejections{sync="panel",by="validation"}': 2,
      'panelsync_open_rejections{sync="panel",by="destination"}': 3,
      'panelsync_people_withheld{sync="panel"}': 6,
      'panelsync_unknown_batches{sync="panel"}': 1,
      'panelsync_paused{sync="panel"}': 1,
    });
  });

  it('continue without the state database, and show that it is unavailable', async () => {
    const answers: readonly (() => Promise<readonly SyncGauges[]>)[] = [
      () => Promise.reject(new Error('gone')),
      () => new Promise(() => undefined),
    ];
    for (const answer of answers) {
      const metrics = metricsWith({ readGauges: answer });
      metrics.observer.runErrored('panel', 'state_unreachable');
      const series = await scrape(metrics);
      expect(series.get('panelsync_state_up')).to.equal(0);
      expect(seriesWithPrefix(series, 'panelsync_paused')).to.deep.equal({});
      expect(series.get('panelsync_runs_broken_total{sync="panel",reason="state"}')).to.equal(1);
    }
  });

  it('query the state database once for simultaneous scrapes', async () => {
    let asked = 0;
    const metrics = metricsWith({
      readGauges: async () => {
        asked += 1;
        return [figures];
      },
    });
    await Promise.all([scrape(metrics), scrape(metrics)]);
    await scrape(metrics);
    expect(asked).to.equal(1);
  });

  it('have names and types that Prometheus expects', async () => {
    const { text, contentType } = await metricsWith().render();
    expect(contentType).to.equal('text/plain; version=0.0.4; charset=utf-8');
    for (const [name, type] of metricTypes(text)) {
      if (!name.startsWith('panelsync_')) continue;
      expect(name).to.match(/^[a-z_]+$/);
      expect(name.endsWith('_total'), name).to.equal(type === 'counter');
    }
    expect([...seriesOf(text).keys()]).to.include.members([
      `panelsync_build_info{version="1.2.3",node="${process.version}"}`,
      'process_resident_memory_bytes',
    ]);
  });
});
