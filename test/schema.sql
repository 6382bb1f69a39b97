-- The schema of the state database, as the migrations leave it: for people to read, and compared by a test.
-- Written by: WRITE_SCHEMA=1 npx mocha dist/test/integration/state/db/schema.test.js

create table absences (
  sync_id integer not null,
  key text collate "C" not null,
  from_run_id bigint not null,
  until_run_id bigint,
  constraint absences_pkey PRIMARY KEY (sync_id, key, from_run_id)
);
CREATE INDEX absences_open ON absences USING btree (sync_id, key) WHERE (until_run_id IS NULL);

create table alerts (
  webhook text not null,
  sync_id integer not null,
  told text not null default 'ok'::text,
  told_at timestamp with time zone not null default now(),
  schedule text,
  watched_since timestamp with time zone not null default now(),
  attempts integer not null default 0,
  due_at timestamp with time zone not null default now(),
  constraint alerts_pkey PRIMARY KEY (webhook, sync_id),
  constraint alerts_sync_id_fkey FOREIGN KEY (sync_id) REFERENCES syncs(id),
  constraint alerts_told_check CHECK (told = ANY (ARRAY['ok'::text, 'failed'::text, 'partial'::text, 'stopped'::text, 'overdue'::text]))
);

create table baselines (
  id bigint not null,
  sync_id integer not null,
  source text not null,
  mark text not null,
  replace boolean not null,
  place bigint not null default 0,
  total bigint,
  added bigint not null default 0,
  different bigint not null default 0,
  same bigint not null default 0,
  kept bigint not null default 0,
  kept_different bigint not null default 0,
  repeated bigint not null default 0,
  unusable bigint not null default 0,
  returned bigint not null default 0,
  listed jsonb not null default '[]'::jsonb,
  misfits jsonb not null default '{}'::jsonb,
  begun_at timestamp with time zone not null default now(),
  finished_at timestamp with time zone,
  constraint baselines_pkey PRIMARY KEY (id),
  constraint baselines_source_check CHECK (source = ANY (ARRAY['hub'::text, 'csv'::text])),
  constraint baselines_sync_id_fkey FOREIGN KEY (sync_id) REFERENCES syncs(id)
);
CREATE INDEX baselines_by_sync ON baselines USING btree (sync_id, id DESC);

create table batches (
  run_id bigint not null,
  number integer not null,
  parent integer,
  state text not null,
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
  recorded_at timestamp with time zone not null default now(),
  settled_at timestamp with time zone,
  constraint batches_pkey PRIMARY KEY (run_id, number),
  constraint batches_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs(id) ON DELETE CASCADE,
  constraint batches_state_check CHECK (state = ANY (ARRAY['in_flight'::text, 'accepted'::text, 'refused'::text, 'not_sent'::text, 'unknown'::text, 'resent'::text, 'found'::text]))
);
CREATE INDEX batches_unresolved ON batches USING btree (run_id) WHERE (state = ANY (ARRAY['in_flight'::text, 'unknown'::text]));

create table canaries (
  destination text not null,
  at timestamp with time zone not null default now(),
  verdict text not null,
  details jsonb not null,
  constraint canaries_pkey PRIMARY KEY (destination),
  constraint canaries_verdict_check CHECK (verdict = ANY (ARRAY['confirmed'::text, 'accepted'::text, 'wrong'::text]))
);

create table characteristics_checks (
  sync_id integer not null,
  destination text not null,
  mapping uuid not null,
  outcome text not null,
  at timestamp with time zone not null default now(),
  constraint characteristics_checks_outcome_check CHECK (outcome = ANY (ARRAY['known'::text, 'unavailable'::text])),
  constraint characteristics_checks_pkey PRIMARY KEY (sync_id, destination, mapping),
  constraint characteristics_checks_sync_id_fkey FOREIGN KEY (sync_id) REFERENCES syncs(id)
);

create table forgotten (
  person uuid not null,
  sync_id integer,
  since timestamp with time zone not null default now(),
  constraint forgotten_sync_id_fkey FOREIGN KEY (sync_id) REFERENCES syncs(id)
);
CREATE UNIQUE INDEX forgotten_once ON forgotten USING btree (person, COALESCE(sync_id, 0));

create table hash_key (
  only_one boolean not null default true,
  fingerprint text not null,
  since timestamp with time zone not null default now(),
  constraint hash_key_only_one_check CHECK (only_one),
  constraint hash_key_pkey PRIMARY KEY (only_one)
);

create table leases (
  sync_id integer not null,
  holder uuid,
  backend_pid integer not null,
  host text not null,
  pid integer not null,
  process_space text,
  taken_at timestamp with time zone not null,
  sends_until timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  quiet_until timestamp with time zone,
  constraint leases_pkey PRIMARY KEY (sync_id),
  constraint leases_sync_id_fkey FOREIGN KEY (sync_id) REFERENCES syncs(id)
) with (fillfactor=50);

create table outbox (
  run_id bigint not null,
  seq bigint not null,
  key text collate "C" not null,
  operation text not null,
  row_hash uuid not null,
  payload_hash uuid not null,
  suspect boolean not null,
  payload json,
  kept json,
  constraint a_key_once_a_run UNIQUE (run_id, key),
  constraint outbox_operation_check CHECK (operation = ANY (ARRAY['insert'::text, 'update'::text])),
  constraint outbox_pkey PRIMARY KEY (run_id, seq)
);

create unlogged table paces (
  key_hash text not null,
  next_at timestamp with time zone,
  reserved_at timestamp with time zone,
  paused_at timestamp with time zone,
  paused_until timestamp with time zone,
  constraint paces_pkey PRIMARY KEY (key_hash)
) with (fillfactor=50);

create table past_rejections (
  sync_id integer not null,
  key text collate "C" not null,
  refused_by text not null,
  faults jsonb not null,
  from_run_id bigint not null,
  until_run_id bigint not null,
  constraint past_rejections_refused_by_check CHECK (refused_by = ANY (ARRAY['validation'::text, 'destination'::text]))
);
CREATE INDEX past_rejections_by_key ON past_rejections USING btree (sync_id, key);

create table rejections (
  sync_id integer not null,
  key text collate "C" not null,
  email text,
  refused_by text not null,
  code text not null,
  message text not null,
  field text,
  faults jsonb not null,
  payload_hash uuid,
  destination text,
  retry boolean not null default false,
  run_id bigint not null,
  seen_run_id bigint not null,
  first_seen_at timestamp with time zone not null default now(),
  last_seen_at timestamp with time zone not null default now(),
  attempts integer not null default 1,
  from_run_id bigint not null,
  constraint rejections_pkey PRIMARY KEY (sync_id, key),
  constraint rejections_refused_by_check CHECK (refused_by = ANY (ARRAY['validation'::text, 'destination'::text])),
  constraint rejections_sync_id_fkey FOREIGN KEY (sync_id) REFERENCES syncs(id)
);

create table runs (
  id bigint not null generated always as identity,
  sync_id integer not null,
  mode text not null,
  trigger text not null,
  status text not null,
  key_column text,
  destination text not null,
  started_at timestamp with time zone not null default now(),
  planned_at timestamp with time zone,
  finished_at timestamp with time zone,
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
  notes jsonb not null default '[]'::jsonb,
  error jsonb,
  deleted_in_hub bigint not null default 0,
  forgotten bigint not null default 0,
  outcome_unknown bigint not null default 0,
  constraint every_row_accounted_for CHECK (finished_at IS NULL OR read = (duplicate + invalid + unchanged + not_in_snapshot + already_in_snapshot + rejected_before + deleted_in_hub + forgotten + outcome_unknown + inserted + updated + rejected + unsent)),
  constraint finished_when_over CHECK ((status = 'running'::text) = (finished_at IS NULL)),
  constraint runs_mode_check CHECK (mode = ANY (ARRAY['upsert'::text, 'insert'::text, 'update'::text])),
  constraint runs_pkey PRIMARY KEY (id),
  constraint runs_status_check CHECK (status = ANY (ARRAY['running'::text, 'succeeded'::text, 'partial'::text, 'failed'::text, 'stopped'::text, 'canceled'::text])),
  constraint runs_sync_id_fkey FOREIGN KEY (sync_id) REFERENCES syncs(id),
  constraint runs_trigger_check CHECK (trigger = ANY (ARRAY['manual'::text, 'schedule'::text, 'api'::text, 'plan'::text]))
);
CREATE UNIQUE INDEX one_running_run_a_sync ON runs USING btree (sync_id) WHERE (status = 'running'::text);
CREATE INDEX runs_by_sync ON runs USING btree (sync_id, id DESC);

create table skips (
  sync_id integer not null,
  key text collate "C" not null,
  reason text not null,
  rows bigint not null default 1,
  from_run_id bigint not null,
  until_run_id bigint,
  constraint skips_pkey PRIMARY KEY (sync_id, key, reason, from_run_id),
  constraint skips_reason_check CHECK (reason = ANY (ARRAY['not_in_snapshot'::text, 'already_in_snapshot'::text, 'rejected_before'::text, 'deleted_in_hub'::text, 'forgotten'::text, 'outcome_unknown'::text, 'duplicate'::text]))
);
CREATE INDEX skips_open ON skips USING btree (sync_id, key) WHERE (until_run_id IS NULL);

create table snapshot (
  sync_id integer not null,
  key text collate "C" not null,
  row_hash uuid not null,
  payload_hash uuid not null,
  run_id bigint not null,
  origin text not null,
  constraint snapshot_origin_check CHECK (origin = ANY (ARRAY['sent'::text, 'baseline'::text])),
  constraint snapshot_pkey PRIMARY KEY (sync_id, key)
) with (fillfactor=90);

create table snapshot_fields (
  sync_id integer not null,
  key text collate "C" not null,
  payload json not null,
  constraint snapshot_fields_pkey PRIMARY KEY (sync_id, key)
) with (fillfactor=90);

create table syncs (
  id integer not null generated always as identity,
  name text not null,
  resync_before bigint not null default 0,
  created_at timestamp with time zone not null default now(),
  last_slot_at timestamp with time zone,
  owed_slot_at timestamp with time zone,
  claimed_at timestamp with time zone,
  paused_at timestamp with time zone,
  paused_by text,
  pause_reason text,
  payloads text not null default 'full'::text,
  pruned_run_id bigint not null default 0,
  pruned_skips_run_id bigint not null default 0,
  constraint paused_by_somebody CHECK ((paused_at IS NULL) = (paused_by IS NULL)),
  constraint syncs_name_key UNIQUE (name),
  constraint syncs_payloads_check CHECK (payloads = ANY (ARRAY['full'::text, 'hashed'::text])),
  constraint syncs_pkey PRIMARY KEY (id)
);

create table withheld (
  sync_id integer not null,
  key text collate "C" not null,
  reason text not null,
  run_id bigint,
  since timestamp with time zone not null default now(),
  constraint withheld_pkey PRIMARY KEY (sync_id, key),
  constraint withheld_reason_check CHECK (reason = ANY (ARRAY['deleted_in_hub'::text, 'outcome_unknown'::text])),
  constraint withheld_sync_id_fkey FOREIGN KEY (sync_id) REFERENCES syncs(id)
);
