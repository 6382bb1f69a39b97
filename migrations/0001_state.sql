-- The state of panelsync: the snapshot (what the Hub last accepted from us), the ledger (what became of every row and
-- batch), and what several processes on one state database agree on.
--
-- Names are unqualified: migrations run with search_path set to the configured schema.
-- Keys are compared as bytes (collate "C"), so no operating system's collation can change their order or equality.
-- Rows that come by the hundred thousand have no foreign keys: each would cost a locked row of the table it points to.

create table state_identity (
  singleton boolean primary key default true check (singleton),
  -- Stays with the data: a restored backup has it, a new schema has another.
  id uuid not null default gen_random_uuid(),
  -- Moves with every change of `forgotten`, so that a copy beside the configuration knows which of the two is newer.
  forgotten_version bigint not null default 0
);
comment on table state_identity is 'Which state this is: compared with the marks that processes keep of it.';
insert into state_identity default values;

create table syncs (
  id integer generated always as identity primary key,
  name text not null unique,
  created_at timestamptz not null default now(),

  -- The address of the Hub that the snapshot belongs to; null until something is sent or imported.
  hub_address text,
  -- Snapshot rows settled by a run with a smaller id are planned as if they were not there (resync).
  resync_before bigint not null default 0,
  -- Moves when something other than a run writes what runs rely on: fingerprints of an earlier generation are void.
  fingerprint_generation bigint not null default 0,
  -- How payloads are stored: with their values, or as keyed hashes only.
  payload_storage text not null default 'full' check (payload_storage in ('full', 'hashed')),
  -- Since when the state is known to be older than what was sent; null: the snapshot can be trusted.
  distrusted_at timestamptz,
  -- When the snapshot was last brought in line with the Hub (verify --repair) or set aside (resync).
  trusted_at timestamptz,

  -- The newest scheduled time that was claimed: it fires once, however many processes keep the schedule.
  last_scheduled_at timestamptz,
  -- The newest claimed scheduled time whose run has not started, and when a process last claimed it.
  pending_scheduled_at timestamptz,
  claimed_at timestamptz,

  paused_at timestamptz,
  paused_by text,
  pause_reason text,

  -- The newest run that retention deleted, and the newest run that a deleted skip lasted until.
  pruned_run_id bigint not null default 0,
  pruned_skips_run_id bigint not null default 0,

  constraint a_pause_has_an_author check ((paused_at is null) = (paused_by is null)),
  constraint a_pending_time_is_claimed check (pending_scheduled_at is null or claimed_at is not null)
);
comment on table syncs is 'One row for each sync by its name in the configuration: its snapshot, schedule and pause.';

create table runs (
  id bigint generated always as identity primary key,
  sync_id integer not null references syncs,
  mode text not null check (mode in ('upsert', 'insert', 'update')),
  trigger text not null check (trigger in ('manual', 'schedule', 'api', 'plan')),
  status text not null check (status in ('running', 'succeeded', 'partial', 'failed', 'stopped', 'canceled')),
  -- The column that keys the rows; null: the e-mail.
  key_column text,
  -- Fingerprint of the Hub's address and the wire profile.
  destination text not null,
  -- Hash of model, source, mapping and account: two configurations that share a sync take turns. Null in plans.
  configuration uuid,
  started_at timestamptz not null default now(),
  -- The model was read and compared with the snapshot; the plan was recorded.
  read_at timestamptz,
  planned_at timestamptz,
  finished_at timestamptz,

  -- What became of the rows.
  read bigint not null default 0,
  duplicate bigint not null default 0,
  invalid bigint not null default 0,
  unchanged bigint not null default 0,
  inserted bigint not null default 0,
  updated bigint not null default 0,
  rejected bigint not null default 0,
  unsent bigint not null default 0,
  -- Skipped rows by reason.
  not_in_snapshot bigint not null default 0,
  already_in_snapshot bigint not null default 0,
  rejected_before bigint not null default 0,
  deleted_in_hub bigint not null default 0,
  forgotten bigint not null default 0,
  outcome_unknown bigint not null default 0,
  -- People of the snapshot who are not in the model: no rows, so they stand apart.
  removed bigint not null default 0,
  -- Inserted rows whose person was known under another e-mail.
  renamed bigint not null default 0,

  -- What was sent of people for leaving the model or for being back, beside the rows.
  removals_planned bigint not null default 0,
  marked bigint not null default 0,
  restored bigint not null default 0,
  removals_rejected bigint not null default 0,
  removals_unsent bigint not null default 0,

  requests_sent bigint not null default 0,
  requests_retried bigint not null default 0,
  requests_rate_limited bigint not null default 0,
  requests_split bigint not null default 0,

  -- The stopped run whose plan this one sends, or would have sent.
  approves bigint,

  -- What the run cost: rows and bytes of them that came from the source, buckets that were as the last run left them,
  -- bytes of the stage, the outbox and the fingerprints that went to this database.
  rows_read bigint not null default 0,
  buckets_equal bigint not null default 0,
  bytes_from_source bigint not null default 0,
  bytes_to_state bigint not null default 0,
  -- The column that says how old data is, the newest time that the rows of the run had in it (null: none had one), and
  -- how old it might be.
  freshness_column text,
  newest_data_at timestamptz check (newest_data_at is null or freshness_column is not null),
  max_data_age_seconds bigint check ((max_data_age_seconds is null) = (freshness_column is null)),

  -- Why rows did not arrive, most frequent first; the messages name nobody.
  reasons jsonb not null default '[]',
  notes jsonb not null default '[]',
  error jsonb,

  constraint every_row_is_accounted_for check (
    finished_at is null
    or read = duplicate + invalid + unchanged + inserted + updated + rejected + unsent
      + not_in_snapshot + already_in_snapshot + rejected_before + deleted_in_hub + forgotten + outcome_unknown
  ),
  constraint every_removal_is_accounted_for check (
    finished_at is null or removals_planned = marked + restored + removals_rejected + removals_unsent
  ),
  constraint a_finished_run_has_an_end check ((status = 'running') = (finished_at is null))
);
create unique index one_running_run_per_sync on runs (sync_id) where status = 'running';
create index runs_by_sync on runs (sync_id, id desc);
comment on table runs is 'Every run and every recorded plan, with what became of its rows.';

create table snapshot (
  sync_id integer not null,
  key text collate "C" not null,
  -- 128-bit hashes: of the row as the source gave it, and of the canonical payload.
  row_hash uuid not null,
  payload_hash uuid not null,
  -- The run or baseline that wrote the row.
  run_id bigint not null,
  origin text not null check (origin in ('sent', 'baseline')),
  primary key (sync_id, key)
) with (fillfactor = 90);
comment on table snapshot is
  'What the Hub last accepted, by person. Narrow on purpose: every run joins this table; the values are beside it.';
-- Finds the people of a few buckets: the low bits of this hash name the bucket of a key.
create index snapshot_by_bucket on snapshot (sync_id, (hashtext(key) & 262143));

create table snapshot_fields (
  sync_id integer not null,
  key text collate "C" not null,
  -- Values, or keyed hashes of them where syncs.payload_storage is hashed.
  payload json not null,
  -- Hash of what stays with the person whatever their e-mail is; null: unknown.
  identity uuid,
  primary key (sync_id, key)
) with (fillfactor = 90);
create index snapshot_by_identity on snapshot_fields (sync_id, identity) where identity is not null;
comment on table snapshot_fields is 'The payloads of the snapshot, and who the people are.';

create table outbox (
  run_id bigint not null,
  seq bigint not null,
  key text collate "C" not null,
  -- mark, restore: not the person's row, but what is sent for leaving the model and for being back.
  operation text not null check (operation in ('insert', 'update', 'mark', 'restore')),
  -- Of a mark or restore: hash of the fields that are set, the same for everybody.
  row_hash uuid not null,
  payload_hash uuid not null,
  -- The Hub refused this key before: such rows travel last and apart.
  previously_rejected boolean not null,
  -- Emptied once it is no longer needed where payloads are stored as hashes.
  payload json,
  -- What the snapshot stores instead of the payload; null: the payload itself.
  stored_payload json,
  -- Hash of what stays with the person, and the key that the snapshot has of them, which has left the model.
  identity uuid,
  renamed_from text collate "C",
  primary key (run_id, seq)
);
create unique index a_key_once_per_run on outbox (run_id, key, (operation in ('mark', 'restore')));
comment on table outbox is 'The changed rows of a run, written before its first request.';

create table saved_plans (
  run_id bigint primary key references runs on delete cascade,
  sync_id integer not null references syncs,
  -- waiting: the changes are in the outbox, and somebody may approve them. drifted: when somebody did, the plan no longer
  -- applied. expired: a later run made a plan, or retention deleted this one.
  state text not null default 'waiting' check (state in ('waiting', 'approved', 'drifted', 'expired')),
  inserts bigint not null,
  updates bigint not null,
  marks bigint not null,
  restores bigint not null,
  -- Most changes to send; null: all.
  change_limit bigint,

  -- What the plan was made from, beside what its run says: as if the snapshot were empty, with which kind of payloads,
  -- from which mapping and model (fingerprints), and against which snapshot.
  ignores_snapshot boolean not null,
  payload_storage text not null check (payload_storage in ('full', 'hashed')),
  mapping text not null,
  model text not null,
  snapshot jsonb not null,

  -- When it left the state waiting, through which run, by whom and why.
  settled_at timestamptz,
  settled_run_id bigint,
  caller text,
  reason text,
  constraint a_settled_plan_has_a_time check ((state = 'waiting') = (settled_at is null))
);
create unique index one_waiting_plan_per_sync on saved_plans (sync_id) where state = 'waiting';
comment on table saved_plans is
  'Plans of stopped runs, which people may approve. Their changes are in the outbox while they are waiting.';

create table batches (
  run_id bigint not null references runs on delete cascade,
  number integer not null check (number > 0),
  -- The batch whose refusal or unknown outcome this one follows.
  parent integer,
  -- unknown: the Hub may have applied the batch. resent: an unknown batch that another one follows.
  -- found: the Hub already had these people with other values, and nothing was sent over them.
  state text not null check (state in ('in_flight', 'accepted', 'refused', 'not_sent', 'unknown', 'resent', 'found')),
  -- Its rows of the outbox.
  seqs bigint[] not null,
  inserted integer not null default 0,
  updated integer not null default 0,
  rejected integer not null default 0,
  renamed integer not null default 0,
  marked integer not null default 0,
  restored integer not null default 0,
  removals_rejected integer not null default 0,
  requests_sent integer not null default 0,
  requests_retried integer not null default 0,
  requests_rate_limited integer not null default 0,
  split boolean not null default false,
  -- Of the last answer.
  status integer,
  request_id text,
  duration_ms integer,
  message text,
  recorded_at timestamptz not null default now(),
  settled_at timestamptz,
  primary key (run_id, number)
);
create index batches_unresolved on batches (run_id) where state in ('in_flight', 'unknown');
-- Finds the batch of a row (v_changes).
create index batches_by_first_row on batches (run_id, (seqs[1]), number);
comment on table batches is
  'The batches of every run: recorded before they are sent, settled in one transaction with the snapshot.';

create table rejections (
  sync_id integer not null references syncs,
  key text collate "C" not null,
  email text,
  refused_by text not null check (refused_by in ('validation', 'destination')),
  -- The first error; all of them are in errors.
  code text not null,
  message text not null,
  field text,
  -- The message without people, values and numbers, so that rows refused alike can be counted.
  reason text not null,
  errors jsonb not null,
  -- Of the payload that the Hub refused, and where; null for rows that were never sent.
  payload_hash uuid,
  destination text,
  -- The next run tries the row again, changed or not.
  retry boolean not null default false,
  -- The last run that tried the row, the last that met it, and the first that refused it for these errors.
  run_id bigint not null,
  seen_run_id bigint not null,
  from_run_id bigint not null,
  first_seen_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  attempts integer not null default 1,
  primary key (sync_id, key)
);
comment on table rejections is
  'Open rejections: rows refused by validation or by the Hub, until they change, leave the model or are accepted.';

create table past_rejections (
  sync_id integer not null,
  key text collate "C" not null,
  refused_by text not null check (refused_by in ('validation', 'destination')),
  errors jsonb not null,
  reason text not null,
  from_run_id bigint not null,
  until_run_id bigint not null
);
create index past_rejections_by_key on past_rejections (sync_id, key);
comment on table past_rejections is 'Rejections that were closed, or whose errors have changed since.';

create table skips (
  sync_id integer not null,
  key text collate "C" not null,
  reason text not null check (reason in (
    'not_in_snapshot', 'already_in_snapshot', 'rejected_before', 'deleted_in_hub', 'forgotten', 'outcome_unknown',
    'duplicate'
  )),
  -- Rows that share the key; more than one only for duplicates.
  rows bigint not null default 1,
  from_run_id bigint not null,
  until_run_id bigint,
  primary key (sync_id, key, reason, from_run_id)
);
create index skips_open on skips (sync_id, key) where until_run_id is null;
comment on table skips is
  'A skip lasts from a run until (and without) another: runs that skip the same rows again write nothing.';

create table absences (
  sync_id integer not null,
  key text collate "C" not null,
  from_run_id bigint not null,
  until_run_id bigint,
  primary key (sync_id, key, from_run_id)
);
create index absences_open on absences (sync_id, key) where until_run_id is null;
comment on table absences is
  'People of the snapshot who are not in the model, from a run until (and without) another.';

create table marks (
  sync_id integer not null,
  key text collate "C" not null,
  -- Hash of the fields that the Hub last accepted as the mark of the person; null: it has accepted none.
  marked_hash uuid,
  marked_run_id bigint,
  -- Hash of the fields that the Hub refused last, be it the mark or what takes it back; null: it refused none.
  refused_hash uuid,
  -- The run that met the refusal, and which Hub and wire profile it was sent to.
  refused_run_id bigint,
  destination text,
  code text,
  message text,
  field text,
  attempts integer not null default 0,
  -- The next run tries again what was refused.
  retry boolean not null default false,
  primary key (sync_id, key),
  constraint a_mark_has_a_run check ((marked_hash is null) = (marked_run_id is null)),
  constraint a_refusal_has_a_reason check (
    (refused_hash is null) = (code is null) and (refused_hash is null) = (refused_run_id is null)
  )
);
comment on table marks is
  'People who are marked in the Hub for having left the model, and refused attempts to mark them or to take it back.';

create table renames (
  sync_id integer not null,
  key text collate "C" not null,
  -- Under which the person was known before.
  old_key text collate "C" not null,
  -- The run that inserted them under the new key, and when the Hub had accepted that.
  run_id bigint not null,
  at timestamptz not null default now(),
  primary key (sync_id, key)
);
create index renames_by_old_key on renames (sync_id, old_key);
comment on table renames is 'People who were inserted under a new e-mail, and the one that they were known under before.';

create table fingerprints (
  sync_id integer primary key references syncs,
  -- Of syncs.fingerprint_generation; null: a run has recorded a plan since, and has not ended.
  generation bigint,
  -- Hash of the mapping, the mode and whatever else decides what becomes of a row.
  context text not null,
  run_id bigint not null,
  -- People in the snapshot when the run ended.
  snapshot_size bigint not null,
  -- 32 bytes a bucket; the number of buckets is a power of two.
  buckets bytea not null,
  -- Of buckets that have changed since: their numbers, four bytes each, and their 32 bytes. The last of a bucket counts.
  changes bytea not null default ''
);
alter table fingerprints alter column buckets set storage external, alter column changes set storage external;
comment on table fingerprints is
  'What the last run learned of the model by bucket: rows, skipped rows, sum of row hashes. A filter for the next run.';

create table suppressions (
  sync_id integer not null references syncs,
  key text collate "C" not null,
  reason text not null check (reason in ('deleted_in_hub', 'outcome_unknown')),
  -- The run that met the reason first.
  run_id bigint,
  since timestamptz not null default now(),
  primary key (sync_id, key)
);
comment on table suppressions is
  'People who are not sent whatever their row says: deleted in the Hub, or part of a batch with an unknown outcome.';

create table forgotten (
  -- Keyed hash of the e-mail (or of the key, where a sync has another one): nobody can be read out of it.
  person uuid not null,
  -- Null: every sync, those to come included.
  sync_id integer references syncs,
  since timestamptz not null default now()
);
create unique index forgotten_once on forgotten (person, coalesce(sync_id, 0));
comment on table forgotten is 'People who asked to be forgotten, and are never sent again.';

create table hash_key (
  singleton boolean primary key default true check (singleton),
  -- Tells whether the key is still the same. The key itself is never stored.
  fingerprint text not null,
  since timestamptz not null default now()
);
comment on table hash_key is 'The key that people are hashed under here.';

create table baselines (
  -- Taken from the ids of the runs: later runs have greater ones, so a snapshot row says what came last.
  id bigint primary key,
  sync_id integer not null references syncs,
  source text not null check (source in ('hub', 'csv')),
  -- What is read and how it is normalized: only the same input can be resumed.
  input_fingerprint text not null,
  -- People whom we sent are replaced, too.
  replace boolean not null,
  -- Pages of the Hub's list, or rows of the file, that are merged; and how many people there are, if known.
  position bigint not null default 0,
  total bigint,
  added bigint not null default 0,
  different bigint not null default 0,
  same bigint not null default 0,
  kept bigint not null default 0,
  -- Of those kept: the Hub has other values.
  kept_different bigint not null default 0,
  repeated bigint not null default 0,
  unusable bigint not null default 0,
  -- People who are no longer suppressed as deleted in the Hub.
  returned bigint not null default 0,
  -- The first unusable entries with their reasons, and invalid values counted by field: nobody's data.
  unusable_entries jsonb not null default '[]',
  invalid_values jsonb not null default '{}',
  started_at timestamptz not null default now(),
  finished_at timestamptz
);
create index baselines_by_sync on baselines (sync_id, id desc);
comment on table baselines is 'Imports of existing participants, and how far an unfinished one has come.';

create table canaries (
  -- Fingerprint of the Hub's address and the wire profile.
  destination text primary key,
  recorded_at timestamptz not null default now(),
  verdict text not null check (verdict in ('confirmed', 'accepted', 'wrong')),
  -- Names settings and fields, no people.
  details jsonb not null
);
comment on table canaries is 'The last test person sent through each address and wire profile.';

create table characteristics_checks (
  sync_id integer not null references syncs,
  destination text not null,
  -- Hash of the slugs and their types.
  mapping uuid not null,
  -- unavailable: the Hub lists no characteristics.
  outcome text not null check (outcome in ('known', 'unavailable')),
  checked_at timestamptz not null default now(),
  primary key (sync_id, destination, mapping)
);
comment on table characteristics_checks is
  'Mappings whose characteristics were looked up in the Hub; cleared when it refuses rows.';

create table leases (
  sync_id integer primary key references syncs,
  -- Null: the last holder released the lease in good order.
  holder uuid,
  -- The backend that holds the advisory lock.
  backend_pid integer not null,
  host text not null,
  pid integer not null,
  -- Where pid means that process: start of the kernel and namespace. Null where that is unknown.
  process_namespace text,
  taken_at timestamptz not null,
  -- How long the holder may send without renewing, with time for what is on the wire to arrive.
  sends_until timestamptz not null,
  -- From then on the holder counts as frozen or gone, and its connection may be ended by force.
  expires_at timestamptz not null,
  -- sends_until of the holder before, where that one did not release the lease.
  grace_until timestamptz
) with (fillfactor = 50);
comment on table leases is
  'Who holds the lock of a sync, renewed every few seconds. The lock itself is an advisory lock of one connection.';

create unlogged table rate_limits (
  -- Hash of the Hub's address and the API key.
  key_hash text primary key,
  next_at timestamptz,
  reserved_at timestamptz,
  paused_at timestamptz,
  paused_until timestamptz
) with (fillfactor = 50);
comment on table rate_limits is
  'The queue of all processes that send with one API key. A crash may empty it without harm, so it costs no flush.';

create table alerts (
  -- Its name in the configuration.
  webhook text not null,
  sync_id integer not null references syncs,
  -- The state of the sync that the webhook was last notified of.
  notified_state text not null default 'ok' check (notified_state in ('ok', 'failed', 'partial', 'stopped', 'overdue', 'stale', 'unusual')),
  notified_at timestamptz not null default now(),
  -- A sync is overdue by its schedule since it was first watched, or since it was last seen paused.
  schedule text,
  watched_since timestamptz not null default now(),
  -- Attempts at the pending notification, and when the next one is due; whoever makes it moves this on first.
  attempts integer not null default 0,
  due_at timestamptz not null default now(),
  primary key (webhook, sync_id)
);
comment on table alerts is
  'What each webhook was notified of, so that several daemons and restarts report a change once.';

create table audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  action text not null check (action in (
    'pause', 'resume', 'approve', 'retry', 'resync', 'resolve', 'forget', 'allow', 'show_people'
  )),
  -- Its name; null: all syncs.
  sync text,
  run_id bigint,
  -- user@host, or who an HTTP request says it is.
  caller text not null,
  reason text,
  -- How much was concerned. No person is named: a record of a deletion must not keep what was deleted.
  counts jsonb not null default '{}'
);
comment on table audit_log is 'What people did by hand: when, who and why.';

-- For dashboards and reports: names, types and meanings below stay as they are; new columns come last (create or replace
-- view keeps what was granted). They read with the rights of their owner, so a role needs none on the tables. Nothing of
-- them holds what was sent of a person; v_changes, v_rejections, v_skips, v_people and v_renames name people by their key.

create view v_syncs as
select s.name as sync, s.paused_at is not null as paused,
  (select count(*) from snapshot where sync_id = s.id) as people,
  (select count(*) from absences where sync_id = s.id and until_run_id is null) as removed,
  (select count(*) from marks where sync_id = s.id and marked_hash is not null) as marked,
  (select count(*) from rejections where sync_id = s.id) as rejections,
  (select count(*) from suppressions where sync_id = s.id) as suppressed,
  last.id as last_run_id, last.status as last_status, last.started_at as last_started_at,
  (
    select r.finished_at from runs r
    where r.sync_id = s.id and r.trigger <> 'plan' and r.status in ('succeeded', 'partial') order by r.id desc limit 1
  ) as last_success_at,
  data.newest_data_at, data.max_data_age_seconds,
  case when data.max_data_age_seconds is not null then s.paused_at is null
    and coalesce(extract(epoch from now() - data.newest_data_at) > data.max_data_age_seconds, true) end as stale
from syncs s
  left join lateral (
    select r.id, r.status, r.started_at from runs r
    where r.sync_id = s.id and r.trigger <> 'plan' order by r.id desc limit 1
  ) last on true
  left join lateral (
    select r.newest_data_at, r.max_data_age_seconds from runs r
    where r.sync_id = s.id and r.trigger <> 'plan' and r.planned_at is not null and r.finished_at is not null
    order by r.id desc limit 1
  ) data on true;
comment on view v_syncs is 'One row for each sync, as it is now. Names no person.';
comment on column v_syncs.sync is 'Its name in the configuration.';
comment on column v_syncs.paused is 'Whether it is paused.';
comment on column v_syncs.people is 'People in the snapshot: those that the Hub has, as far as panelsync knows.';
comment on column v_syncs.removed is 'Of them, people who are not in the model, as of the last run.';
comment on column v_syncs.marked is 'People who are marked in the Hub for having left the model.';
comment on column v_syncs.rejections is 'Rows that are invalid or rejected now.';
comment on column v_syncs.suppressed is 'People who are not sent, whatever their row says.';
comment on column v_syncs.last_run_id is 'The last run, which may still be running.';
comment on column v_syncs.last_status is 'Its status.';
comment on column v_syncs.last_started_at is 'When it started.';
comment on column v_syncs.last_success_at is 'When the last run ended that was succeeded or partial.';
comment on column v_syncs.newest_data_at is
  'The newest time of the rows that the last run read; null: no row has one, or syncs.<name>.freshness is not set.';
comment on column v_syncs.max_data_age_seconds is 'How old it might be: freshness.maxAge, then; null without freshness.';
comment on column v_syncs.stale is
  'Whether it is older than that now; paused syncs are not. Null without freshness.';

create view v_runs as
select r.id as run_id, s.name as sync, r.mode, r.trigger, r.status, r.started_at, r.finished_at,
  extract(epoch from r.finished_at - r.started_at)::double precision as duration_seconds,
  r.read, r.duplicate, r.invalid, r.unchanged,
  r.not_in_snapshot + r.already_in_snapshot + r.rejected_before + r.deleted_in_hub + r.forgotten + r.outcome_unknown
    as skipped,
  r.inserted, r.updated, r.rejected, r.unsent,
  r.not_in_snapshot, r.already_in_snapshot, r.rejected_before, r.deleted_in_hub, r.forgotten, r.outcome_unknown,
  r.removed, r.renamed, r.marked, r.restored, r.removals_rejected, r.removals_unsent,
  r.requests_sent, r.requests_retried, r.requests_rate_limited, r.requests_split,
  r.rows_read, r.buckets_equal, r.bytes_from_source, r.bytes_to_state,
  r.error ->> 'code' as error_code, r.error ->> 'message' as error_message,
  r.newest_data_at, r.max_data_age_seconds,
  case when r.max_data_age_seconds is not null then
    coalesce(extract(epoch from r.started_at - r.newest_data_at) > r.max_data_age_seconds, true) end as stale
from runs r join syncs s on s.id = r.sync_id
where r.trigger <> 'plan';
comment on view v_runs is 'One row for each run, as in its report; plans are left out. Names no person.';
comment on column v_runs.run_id is 'The id of the run.';
comment on column v_runs.sync is 'The sync.';
comment on column v_runs.mode is 'upsert, insert or update.';
comment on column v_runs.trigger is 'manual, schedule or api.';
comment on column v_runs.status is 'running, succeeded, partial, failed, stopped (by a guard) or canceled.';
comment on column v_runs.started_at is 'When it started.';
comment on column v_runs.finished_at is 'When it ended; null while it is running. Counts are final from then on.';
comment on column v_runs.duration_seconds is 'From its start to its end.';
comment on column v_runs.read is
  'Rows of the model: duplicate + invalid + unchanged + skipped + inserted + updated + rejected + unsent.';
comment on column v_runs.duplicate is 'Rows whose key another row has.';
comment on column v_runs.invalid is 'Rows that panelsync refused.';
comment on column v_runs.unchanged is 'Rows that are what the Hub last accepted.';
comment on column v_runs.skipped is 'Rows that were left alone; the columns from not_in_snapshot to outcome_unknown say why.';
comment on column v_runs.inserted is 'Rows that the Hub accepted of people who were not in the snapshot.';
comment on column v_runs.updated is 'Rows that the Hub accepted of people who were.';
comment on column v_runs.rejected is 'Rows that the Hub refused.';
comment on column v_runs.unsent is 'Rows that were left for a later run.';
comment on column v_runs.not_in_snapshot is 'Skipped: update mode, and the person is not in the snapshot.';
comment on column v_runs.already_in_snapshot is 'Skipped: insert mode, and the person was sent before.';
comment on column v_runs.rejected_before is 'Skipped: the Hub rejected the row, and it has not changed since.';
comment on column v_runs.deleted_in_hub is 'Skipped: the person was deleted in the Hub.';
comment on column v_runs.forgotten is 'Skipped: the person is forgotten.';
comment on column v_runs.outcome_unknown is 'Skipped: the person is in a batch with an unknown outcome.';
comment on column v_runs.removed is 'People of the snapshot who are not in the model: no rows, so they stand apart.';
comment on column v_runs.renamed is 'Of the inserted rows, those of people who were known under another e-mail.';
comment on column v_runs.marked is 'People who were marked for having left the model.';
comment on column v_runs.restored is 'People whose mark was taken back.';
comment on column v_runs.removals_rejected is 'Marks, and what takes them back, that the Hub refused.';
comment on column v_runs.removals_unsent is 'Those that were left for a later run.';
comment on column v_runs.requests_sent is 'Requests to the Hub that carried people.';
comment on column v_runs.requests_retried is 'Of them, those that repeated another.';
comment on column v_runs.requests_rate_limited is 'Of them, those that were answered with 429.';
comment on column v_runs.requests_split is 'Batches that were split.';
comment on column v_runs.rows_read is 'Rows that came from the source.';
comment on column v_runs.buckets_equal is 'Buckets whose rows were as the last run left them.';
comment on column v_runs.bytes_from_source is 'Bytes of the rows that came from the source.';
comment on column v_runs.bytes_to_state is 'Bytes that were copied to the state database.';
comment on column v_runs.error_code is 'The code of the error that ended the run.';
comment on column v_runs.error_message is 'Its message, which holds no data of people.';
comment on column v_runs.newest_data_at is
  'The newest time of the rows; null: no row has one, or syncs.<name>.freshness was not set.';
comment on column v_runs.max_data_age_seconds is 'How old it might be: freshness.maxAge; null without freshness.';
comment on column v_runs.stale is 'Whether it was older than that when the run started. Null without freshness.';

create view v_rejection_counts as
select s.name as sync, o.refused_by, o.code, o.field, o.reason, count(*) as people,
  min(o.first_seen_at) as first_seen_at, max(o.last_seen_at) as last_seen_at
from rejections o join syncs s on s.id = o.sync_id
group by s.name, o.refused_by, o.code, o.field, o.reason;
comment on view v_rejection_counts is 'Rows that are invalid or rejected now, counted by reason. Names no person.';
comment on column v_rejection_counts.sync is 'The sync.';
comment on column v_rejection_counts.refused_by is 'validation (by panelsync) or destination (by the Hub).';
comment on column v_rejection_counts.code is 'The code of the first error of the row.';
comment on column v_rejection_counts.field is 'The field that it is about, where it is about one.';
comment on column v_rejection_counts.reason is 'Its message without values.';
comment on column v_rejection_counts.people is 'How many rows.';
comment on column v_rejection_counts.first_seen_at is 'When the first of them was refused first.';
comment on column v_rejection_counts.last_seen_at is 'When the last of them was refused last.';

create view v_skip_counts as
select s.name as sync, k.reason, count(*) as people, sum(k.rows)::bigint as rows
from skips k join syncs s on s.id = k.sync_id
where k.until_run_id is null
group by s.name, k.reason;
comment on view v_skip_counts is 'Rows that the last run with a plan left alone, counted by reason. Names no person.';
comment on column v_skip_counts.sync is 'The sync.';
comment on column v_skip_counts.reason is 'As in v_skips.';
comment on column v_skip_counts.people is 'How many keys.';
comment on column v_skip_counts.rows is 'How many rows: more than keys only for duplicate.';

create view v_changes as
select o.run_id, s.name as sync, r.started_at as run_started_at, o.key, o.operation,
  case
    when o.operation in ('mark', 'restore') and b.removals_rejected > 0 and exists (
      select from marks m where m.sync_id = r.sync_id and m.key = o.key
        and m.refused_run_id = o.run_id and m.refused_hash = o.row_hash
    ) then 'rejected'
    when o.operation in ('insert', 'update') and b.rejected > 0 and (
      exists (
        select from rejections x where x.sync_id = r.sync_id and x.key = o.key and x.refused_by = 'destination'
          and x.from_run_id <= o.run_id and x.run_id >= o.run_id
      ) or exists (
        select from past_rejections x where x.sync_id = r.sync_id and x.key = o.key and x.refused_by = 'destination'
          and x.from_run_id <= o.run_id and x.until_run_id > o.run_id
      )
    ) then 'rejected'
    when b.state = 'resent' then 'unknown'
    else b.state
  end as outcome,
  b.number as batch, b.status as http_status, b.request_id, b.recorded_at, b.settled_at
from outbox o
  join runs r on r.id = o.run_id
  join syncs s on s.id = r.sync_id
  -- The last batch that has the row. A batch that follows another one has a part of its rows, in their order: of all
  -- batches with the row, the last one begins last. So the search goes back from the row, and ends at once.
  cross join lateral (
    select * from batches
    where run_id = o.run_id and seqs[1] <= o.seq and o.seq = any (seqs) order by seqs[1] desc, number desc limit 1
  ) b;
comment on view v_changes is
  'One row for each changed row that was in a batch, and for each mark and restore, until retention.runs. Names people.';
comment on column v_changes.run_id is 'The run that planned the change.';
comment on column v_changes.sync is 'The sync.';
comment on column v_changes.run_started_at is 'When the run started.';
comment on column v_changes.key is 'The person: the e-mail in lower case, or the value of syncs.<name>.key.';
comment on column v_changes.operation is
  'insert, update, or mark and restore of people who left the model or are back.';
comment on column v_changes.outcome is
  'accepted, rejected, refused (with others, and nobody was named), not_sent, in_flight, unknown, or found (in the Hub with other values, and left so).';
comment on column v_changes.batch is 'The number of the last batch with the row, within the run.';
comment on column v_changes.http_status is 'The status of the last answer to this batch.';
comment on column v_changes.request_id is 'The id that the Hub gave that request.';
comment on column v_changes.recorded_at is 'When the batch was recorded, right before it was sent.';
comment on column v_changes.settled_at is 'When its outcome was recorded.';

create view v_rejections as
select s.name as sync, o.key, true as open, o.refused_by, o.code, o.field, o.reason, o.message, o.errors,
  o.from_run_id, null::bigint as until_run_id, coalesce(f.started_at, o.first_seen_at) as began_at,
  null::timestamptz as ended_at, o.last_seen_at, o.attempts
from rejections o
  join syncs s on s.id = o.sync_id
  left join runs f on f.id = o.from_run_id
union all
select s.name, p.key, false, p.refused_by, p.errors -> 0 ->> 'code', p.errors -> 0 ->> 'field', p.reason,
  p.errors -> 0 ->> 'message', p.errors, p.from_run_id, p.until_run_id, f.started_at, u.started_at, null, null
from past_rejections p
  join syncs s on s.id = p.sync_id
  left join runs f on f.id = p.from_run_id
  left join runs u on u.id = p.until_run_id;
comment on view v_rejections is
  'One row for each row that is or was invalid or rejected, from a run until another; closed ones until retention.runs. Names people.';
comment on column v_rejections.sync is 'The sync.';
comment on column v_rejections.key is 'The person, as in v_changes; what stands in its place where a row has no usable key.';
comment on column v_rejections.open is 'Whether it still stands.';
comment on column v_rejections.refused_by is 'validation (by panelsync) or destination (by the Hub).';
comment on column v_rejections.code is 'The code of the first error.';
comment on column v_rejections.field is 'The field that it is about, where it is about one.';
comment on column v_rejections.reason is 'Its message without values, the same for all rows that were refused alike.';
comment on column v_rejections.message is 'Its message, which may hold values of the person.';
comment on column v_rejections.errors is 'All errors of the row: an array of objects with code, message and field.';
comment on column v_rejections.from_run_id is 'The first run that refused the row for these errors.';
comment on column v_rejections.until_run_id is 'The run that closed it; null while it is open.';
comment on column v_rejections.began_at is 'When the first of these runs started; null once it is deleted and the rejection is closed.';
comment on column v_rejections.ended_at is 'When the other one started; null while it is open.';
comment on column v_rejections.last_seen_at is 'When the row was refused last; null once it is closed.';
comment on column v_rejections.attempts is 'How often it was refused; null once it is closed.';

create view v_skips as
select s.name as sync, k.key, k.until_run_id is null as open, k.reason, k.rows, k.from_run_id, k.until_run_id,
  f.started_at as began_at, u.started_at as ended_at
from skips k
  join syncs s on s.id = k.sync_id
  left join runs f on f.id = k.from_run_id
  left join runs u on u.id = k.until_run_id;
comment on view v_skips is
  'One row for each row that was left alone, from a run until another; ended ones until retention.skips. Names people.';
comment on column v_skips.sync is 'The sync.';
comment on column v_skips.key is 'The person, as in v_changes.';
comment on column v_skips.open is 'Whether the last run with a plan left it alone, too.';
comment on column v_skips.reason is 'As the columns of v_runs; or duplicate: rows that share the key, counted as v_runs.duplicate.';
comment on column v_skips.rows is 'How many rows: more than one only for duplicate.';
comment on column v_skips.from_run_id is 'The first run that left the row alone for this reason.';
comment on column v_skips.until_run_id is 'The run that did not any more; null while it is open.';
comment on column v_skips.began_at is 'When the first of these runs started; null once it is deleted.';
comment on column v_skips.ended_at is 'When the other one started; null while it is open, or once it is deleted.';

create view v_people as
select s.name as sync, n.key, n.origin, n.run_id as accepted_run_id, coalesce(r.started_at, b.started_at) as accepted_at,
  a.key is not null as removed, a.from_run_id as removed_run_id, f.started_at as removed_at,
  m.marked_hash is not null as marked, o.key is not null as rejected, w.reason as suppressed
from snapshot n
  join syncs s on s.id = n.sync_id
  left join runs r on r.id = n.run_id and n.origin = 'sent'
  left join baselines b on b.id = n.run_id and n.origin = 'baseline'
  left join absences a on a.sync_id = n.sync_id and a.key = n.key and a.until_run_id is null
  left join runs f on f.id = a.from_run_id
  left join marks m on m.sync_id = n.sync_id and m.key = n.key
  left join rejections o on o.sync_id = n.sync_id and o.key = n.key
  left join suppressions w on w.sync_id = n.sync_id and w.key = n.key;
comment on view v_people is
  'One row for each person in the snapshot: those that the Hub has, as far as panelsync knows. Names people.';
comment on column v_people.sync is 'The sync.';
comment on column v_people.key is 'The person, as in v_changes.';
comment on column v_people.origin is 'sent (the Hub accepted it from panelsync) or baseline (imported from the Hub).';
comment on column v_people.accepted_run_id is 'The run that sent the person last, or the baseline.';
comment on column v_people.accepted_at is 'When that run or baseline started; null once it is deleted.';
comment on column v_people.removed is 'Whether the person is not in the model, as of the last run.';
comment on column v_people.removed_run_id is 'The first run that did not find the person in the model.';
comment on column v_people.removed_at is 'When that run started; null once it is deleted.';
comment on column v_people.marked is 'Whether the person is marked in the Hub for having left the model.';
comment on column v_people.rejected is 'Whether the row of the person, as it is now, is invalid or rejected.';
comment on column v_people.suppressed is 'Why the person is not sent, whatever the row says; null: they are.';

create view v_renames as
select s.name as sync, n.key, n.old_key, n.run_id, n.at as renamed_at
from renames n join syncs s on s.id = n.sync_id;
comment on view v_renames is
  'One row for each person who was inserted under a new e-mail, the last time that it happened. Names people.';
comment on column v_renames.sync is 'The sync.';
comment on column v_renames.key is 'The person, as in v_changes.';
comment on column v_renames.old_key is 'The key that the person was known under before.';
comment on column v_renames.run_id is 'The run that inserted the person under the new key.';
comment on column v_renames.renamed_at is 'When the Hub had accepted that.';
