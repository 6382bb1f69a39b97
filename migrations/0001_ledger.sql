-- The snapshot (what the Hub last accepted) and the ledger (what became of every row and batch).
-- Names are unqualified: migrations run with search_path set to the configured schema.
-- Keys are compared as bytes, so that no operating system's collation can ever change their order or equality.

create table syncs (
  id integer generated always as identity primary key,
  name text not null unique,
  -- Snapshot rows settled by a run with a smaller id are planned as if they were not there (resync).
  resync_before bigint not null default 0,
  created_at timestamptz not null default now()
);

create table runs (
  id bigint generated always as identity primary key,
  sync_id integer not null references syncs,
  mode text not null check (mode in ('upsert', 'insert', 'update')),
  trigger text not null check (trigger in ('manual', 'schedule', 'api', 'plan')),
  status text not null check (status in ('running', 'succeeded', 'partial', 'failed', 'stopped', 'canceled')),
  -- The column that keys the rows; null: the e-mail.
  key_column text,
  -- Fingerprint of the destination's address and wire profile.
  destination text not null,
  started_at timestamptz not null default now(),
  planned_at timestamptz,
  finished_at timestamptz,
  read bigint not null default 0,
  duplicate bigint not null default 0,
  invalid bigint not null default 0,
  unchanged bigint not null default 0,
  not_in_snapshot bigint not null default 0,
  already_in_snapshot bigint not null default 0,
  rejected_before bigint not null default 0,
  inserted bigint not null default 0,
  updated bigint not null default 0,
  rejected bigint not null default 0,
  unsent bigint not null default 0,
  removed bigint not null default 0,
  requests_sent bigint not null default 0,
  requests_retried bigint not null default 0,
  requests_rate_limited bigint not null default 0,
  requests_split bigint not null default 0,
  notes jsonb not null default '[]',
  error jsonb,
  constraint every_row_accounted_for check (
    finished_at is null
    or read = duplicate + invalid + unchanged + not_in_snapshot + already_in_snapshot + rejected_before
      + inserted + updated + rejected + unsent
  ),
  constraint finished_when_over check ((status = 'running') = (finished_at is null))
);
create unique index one_running_run_a_sync on runs (sync_id) where status = 'running';
create index runs_by_sync on runs (sync_id, id desc);

-- Narrow on purpose: this is the table that every run joins. The fields live beside it.
create table snapshot (
  sync_id integer not null references syncs,
  key text collate "C" not null,
  -- 128-bit hashes: of the row as the source gave it, and of the canonical payload.
  row_hash uuid not null,
  payload_hash uuid not null,
  run_id bigint not null,
  origin text not null check (origin in ('sent', 'baseline')),
  primary key (sync_id, key)
) with (fillfactor = 90);

-- No foreign keys from here on where rows come by the hundred thousand: they are written by the same statement.
create table snapshot_fields (
  sync_id integer not null,
  key text collate "C" not null,
  payload json not null,
  primary key (sync_id, key)
) with (fillfactor = 90);

-- The changed rows of a run, written before its first request.
create table outbox (
  run_id bigint not null,
  seq bigint not null,
  key text collate "C" not null,
  operation text not null check (operation in ('insert', 'update')),
  row_hash uuid not null,
  payload_hash uuid not null,
  suspect boolean not null,
  payload json not null,
  primary key (run_id, seq),
  constraint a_key_once_a_run unique (run_id, key)
);

create table batches (
  run_id bigint not null references runs on delete cascade,
  number integer not null,
  -- The batch whose refusal or unknown outcome this one follows.
  parent integer,
  state text not null check (state in ('in_flight', 'accepted', 'refused', 'not_sent', 'unknown', 'resent')),
  seqs bigint[] not null,
  inserted integer not null default 0,
  updated integer not null default 0,
  rejected integer not null default 0,
  requests_sent integer not null default 0,
  requests_retried integer not null default 0,
  requests_rate_limited integer not null default 0,
  split boolean not null default false,
  status integer,
  request_id text,
  duration_ms integer,
  message text,
  recorded_at timestamptz not null default now(),
  settled_at timestamptz,
  primary key (run_id, number)
);
create index batches_unresolved on batches (run_id) where state in ('in_flight', 'unknown');

-- Rows that are open: refused by us (validation) or by the Hub (destination), until they change, leave or are accepted.
create table rejections (
  sync_id integer not null references syncs,
  key text collate "C" not null,
  email text,
  refused_by text not null check (refused_by in ('validation', 'destination')),
  code text not null,
  message text not null,
  field text,
  faults jsonb not null,
  -- Of the payload that the Hub refused, and where; null for rows that were never sent.
  payload_hash uuid,
  destination text,
  retry boolean not null default false,
  run_id bigint not null,
  -- The last run that met the row, whether or not it was tried.
  seen_run_id bigint not null,
  first_seen_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  attempts integer not null default 1,
  primary key (sync_id, key)
);

-- A skip lasts from a run until (and without) another, so that skipping the same rows every quarter of an hour writes nothing.
create table skips (
  sync_id integer not null,
  key text collate "C" not null,
  reason text not null check (reason in ('not_in_snapshot', 'already_in_snapshot', 'rejected_before', 'duplicate')),
  -- Rows that share the key; more than one only for duplicates.
  rows bigint not null default 1,
  from_run_id bigint not null,
  until_run_id bigint,
  primary key (sync_id, key, reason, from_run_id)
);
create index skips_open on skips (sync_id, key) where until_run_id is null;
