import type { SyncGauges } from '../../core/ports/sync-gauges.ts';
import type { Database } from '../db/database.ts';
import { latestFreshness } from './freshness.ts';
import { lastRuns } from './runs.ts';

interface GaugesRow {
  readonly name: string;
  readonly last_success_at: Date | null;
  readonly by_validation: number;
  readonly by_destination: number;
  readonly suppressed: number;
  readonly unknown_batches: number;
  readonly paused: boolean;
  readonly data_age_seconds: number | null;
}

/** Counts small tables and goes by indexes: neither the snapshot nor history makes it slow. */
export async function readGauges(database: Database): Promise<readonly SyncGauges[]> {
  const runs = new Map((await lastRuns(database)).map((run) => [run.sync, run]));
  const rows = await database.query<GaugesRow>({
    text: `select s.name, s.paused_at is not null as paused, success.finished_at as last_success_at,
             case when data.freshness_column is not null
               then coalesce(extract(epoch from now() - data.newest_data_at)::float8, 'infinity') end as data_age_seconds,
             refused.by_validation, refused.by_destination,
             (select count(*) from suppressions where sync_id = s.id) as suppressed,
             (select count(*) from batches b join runs r on r.id = b.run_id
               where r.sync_id = s.id and b.state = 'unknown') as unknown_batches
           from syncs s
             cross join lateral (
               select count(*) filter (where refused_by = 'validation') as by_validation,
                 count(*) filter (where refused_by = 'destination') as by_destination
               from rejections where sync_id = s.id
             ) refused
             left join lateral (${latestFreshness}) data on true
             left join lateral (
               select finished_at from runs
               where sync_id = s.id and trigger <> 'plan' and status in ('succeeded', 'partial')
               order by id desc limit 1
             ) success on true`,
  });
  return rows.map((row) => ({
    sync: row.name,
    lastRun: runs.get(row.name) ?? null,
    lastSuccessAt: row.last_success_at,
    rejections: { validation: row.by_validation, destination: row.by_destination },
    suppressed: row.suppressed,
    unknownBatches: row.unknown_batches,
    paused: row.paused,
    dataAgeSeconds: row.data_age_seconds,
  }));
}
