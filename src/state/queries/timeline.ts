import type {
  TimelineBatch,
  TimelineRecords,
  TimelineRename,
  TimelineRun,
  SentChange,
} from '../../core/model/timeline/timeline-records.ts';
import type { PersonSelector } from '../../core/ports/records.ts';
import type { Database } from '../db/database.ts';
import { findKeysByEmail } from './keys-by-email.ts';
import type { StateClient } from '../db/state-client.ts';

interface SyncRow {
  readonly id: number;
  readonly name: string;
  readonly pruned_run_id: number;
  readonly pruned_skips_run_id: number;
}

/** What is on record of a person, sync by sync, all as of one moment. */
export async function readTimelines(database: Database, person: PersonSelector): Promise<readonly TimelineRecords[]> {
  return database.transaction(async (client) => {
    await client.query('set transaction isolation level repeatable read, read only');
    const { rows: syncs } = await client.query<SyncRow>(
      `select id, name, pruned_run_id, pruned_skips_run_id from syncs where $1::text is null or name = $1 order by id`,
      [person.sync],
    );
    const timelines: TimelineRecords[] = [];
    for (const sync of syncs) {
      const givenKeys = [person.email, ...(person.key === null ? [] : [person.key])];
      const keys = new Set([...givenKeys, ...(await findKeysByEmail(client, sync.id, person.email))]);
      for (const key of keys) {
        const timeline = await readTimeline(client, sync, key);
        if (timeline !== null) timelines.push(timeline);
      }
    }
    return timelines;
  });
}

async function readTimeline(client: StateClient, sync: SyncRow, key: string): Promise<TimelineRecords | null> {
  const person = { id: sync.id, key };
  const sent = await readSentChanges(client, person);
  const spans = await readSpans(client, person);
  const { snapshot, suppression } = await readCurrentState(client, person);
  const renames = await readRenames(client, person);
  const { skips, absences, rejections } = spans;
  const hasNoHistory = [sent, skips, absences, rejections, renames].every(({ length }) => length === 0);
  if (hasNoHistory && snapshot === null && suppression === null) return null;
  return {
    sync: sync.name,
    key,
    runs: await readRuns(client, sync.id),
    sent,
    ...spans,
    snapshot,
    renames,
    suppression,
    prunedRunId: sync.pruned_run_id,
    prunedSkipsRunId: sync.pruned_skips_run_id,
  };
}

interface PersonKey {
  readonly id: number;
  readonly key: string;
}

async function readRuns(client: StateClient, syncId: number): Promise<readonly TimelineRun[]> {
  const { rows } = await client.query<TimelineRun & { readonly started_at: Date }>(
    `select id, started_at, status, planned_at is not null as planned, unsent
     from runs where sync_id = $1 and trigger <> 'plan' order by id`,
    [syncId],
  );
  return rows.map(({ started_at: startedAt, ...run }) => ({ ...run, startedAt: startedAt.toISOString() }));
}

async function readSentChanges(client: StateClient, { id, key }: PersonKey): Promise<readonly SentChange[]> {
  const { rows } = await client.query<
    SentChange & { readonly run_id: number; readonly settled: readonly TimelineBatch[] }
  >(
    `select o.run_id, o.operation, coalesce(o.stored_payload, o.payload)::text as payload, (
       select coalesce(json_agg(json_build_object('number', b.number, 'state', b.state, 'status', b.status,
         'requestId', b.request_id, 'settledAt', b.settled_at, 'message', b.message) order by b.number), '[]')
       from batches b where b.run_id = o.run_id and o.seq = any(b.seqs)) as settled,
       (select json_build_object('code', m.code, 'message', m.message, 'field', m.field) from marks m
        where m.sync_id = $1 and m.key = o.key and m.refused_run_id = o.run_id and m.refused_hash = o.row_hash
          and o.operation in ('mark', 'restore')) as refusal
     from outbox o where o.run_id in (select id from runs where sync_id = $1) and o.key = $2 order by o.run_id, o.seq`,
    [id, key],
  );
  return rows.map(({ run_id: runId, operation, payload, refusal, settled }) => ({
    runId,
    operation,
    payload,
    refusal,
    batches: settled.map((batch) => ({
      ...batch,
      settledAt: batch.settledAt === null ? null : new Date(batch.settledAt).toISOString(),
    })),
  }));
}

const spanColumns = 'from_run_id as "fromRunId", until_run_id as "untilRunId"';

async function readSpans(
  client: StateClient,
  { id, key }: PersonKey,
): Promise<Pick<TimelineRecords, 'skips' | 'absences' | 'rejections'>> {
  const values = [id, key];
  const skips = await client.query<TimelineRecords['skips'][number]>(
    `select reason, rows, ${spanColumns} from skips where sync_id = $1 and key = $2 order by from_run_id`,
    values,
  );
  const absences = await client.query<TimelineRecords['absences'][number]>(
    `select ${spanColumns} from absences where sync_id = $1 and key = $2 order by from_run_id`,
    values,
  );
  const rejections = await client.query<TimelineRecords['rejections'][number]>(
    `select refused_by as by, errors as faults, ${spanColumns} from past_rejections where sync_id = $1 and key = $2
     union all
     select refused_by, errors, from_run_id, null from rejections where sync_id = $1 and key = $2
     order by "fromRunId"`,
    values,
  );
  return { skips: skips.rows, absences: absences.rows, rejections: rejections.rows };
}

async function readRenames(client: StateClient, { id, key }: PersonKey): Promise<TimelineRecords['renames']> {
  const { rows } = await client.query<Omit<TimelineRename, 'at'> & { readonly at: Date }>(
    `select run_id as "runId", at, old_key as "from", key as "to" from renames
     where sync_id = $1 and (key = $2 or old_key = $2) order by run_id`,
    [id, key],
  );
  return rows.map(({ at, ...rename }) => ({ ...rename, at: at.toISOString() }));
}

interface CurrentStateRow {
  readonly run_id: number | null;
  readonly baseline_at: Date | null;
  readonly reason: string | null;
  readonly since: Date | null;
}

async function readCurrentState(
  client: StateClient,
  { id, key }: PersonKey,
): Promise<Pick<TimelineRecords, 'snapshot' | 'suppression'>> {
  const { rows } = await client.query<CurrentStateRow>(
    `select s.run_id, b.started_at as baseline_at, w.reason, w.since
     from (select $1::integer as sync_id, $2::text collate "C" as key) p
       left join snapshot s on s.sync_id = p.sync_id and s.key = p.key
       left join baselines b on b.id = s.run_id and s.origin = 'baseline'
       left join suppressions w on w.sync_id = p.sync_id and w.key = p.key`,
    [id, key],
  );
  const { run_id: runId = null, baseline_at: baselineAt = null, reason = null, since = null } = rows[0] ?? {};
  return {
    snapshot: runId === null ? null : { runId, baselineAt: baselineAt?.toISOString() ?? null },
    suppression: reason === null || since === null ? null : { reason, since: since.toISOString() },
  };
}
