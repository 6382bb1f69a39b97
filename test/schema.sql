-- The schema of the state database, as the migrations leave it: for people to read, and compared by a test.
-- Written by: WRITE_SCHEMA=1 npx mocha dist/test/integration/state/db/schema.test.js

create table absences (
  sync_id integer not null,
  key text collate "C" not null,
  from_run_id bigint not null,
  until_run_id bigint,
  constraint absences_pkey PRIMARY KEY (sync_id, key, from_run_id)
);
comment on table absences is 'People of the snapshot who are not in the model, from a run until (and without) another.';
CREATE INDEX absences_open ON absences USING btree (sync_id, key) WHERE (until_run_id IS NULL);

create table alerts (
  webhook text not null,
  sync_id integer not null,
  notified_state text not null default 'ok'::text,
  notified_at timestamp with time zone not null default now(),
  schedule text,
  watched_since timestamp with time zone not null default now(),
  attempts integer not null default 0,
  due_at timestamp with time zone not null default now(),
  constraint alerts_notified_state_check CHECK (notified_state = ANY (ARRAY['ok'::text, 'failed'::text, 'partial'::text, 'stopped'::text, 'overdue'::text, 'stale'::text, 'unusual'::text])),
  constraint alerts_pkey PRIMARY KEY (webhook, sync_id),
  constraint alerts_sync_id_fkey FOREIGN KEY (sync_id) REFERENCES syncs(id)
);
comment on table alerts is 'What each webhook was notified of, so that several daemons and restarts report a change once.';

create table audit_log (
  id bigint not null generated always as identity,
  at timestamp with time zone not null default now(),
  action text not null,
  sync text,
  run_id bigint,
  caller text not null,
  reason text,
  counts jsonb not null default '{}'::jsonb,
  constraint audit_log_action_check CHECK (action = ANY (ARRAY['pause'::text, 'resume'::text, 'approve'::text, 'retry'::text, 'resync'::text, 'resolve'::text, 'forget'::text, 'allow'::text, 'show_people'::text])),
  constraint audit_log_pkey PRIMARY KEY (id)
);
comment on table audit_log is 'What people did by hand: when, who and why.';

create table baselines (
  id bigint not null,
  sync_id integer not null,
  source text not null,
  input_fingerprint text not null,
  replace boolean not null,
  position bigint not null default 0,
  total bigint,
  added bigint not null default 0,
  different bigint not null default 0,
  same bigint not null default 0,
  kept bigint not null default 0,
  kept_different bigint not null default 0,
  repeated bigint not null default 0,
  unusable bigint not null default 0,
  returned bigint not null default 0,
  unusable_entries jsonb not null default '[]'::jsonb,
  invalid_values jsonb not null default '{}'::jsonb,
  started_at timestamp with time zone not null default now(),
  finished_at timestamp with time zone,
  constraint baselines_pkey PRIMARY KEY (id),
  constraint baselines_source_check CHECK (source = ANY (ARRAY['hub'::text, 'csv'::text])),
  constraint baselines_sync_id_fkey FOREIGN KEY (sync_id) REFERENCES syncs(id)
);
comment on table baselines is 'Imports of existing participants, and how far an unfinished one has come.';
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
  renamed integer not null default 0,
  marked integer not null default 0,
  restored integer not null default 0,
  removals_rejected integer not null default 0,
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
  constraint batches_number_check CHECK (number > 0),
  constraint batches_pkey PRIMARY KEY (run_id, number),
  constraint batches_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs(id) ON DELETE CASCADE,
  constraint batches_state_check CHECK (state = ANY (ARRAY['in_flight'::text, 'accepted'::text, 'refused'::text, 'not_sent'::text, 'unknown'::text, 'resent'::text, 'found'::text]))
);
comment on table batches is 'The batches of every run: recorded before they are sent, settled in one transaction with the snapshot.';
CREATE INDEX batches_by_first_row ON batches USING btree (run_id, (seqs[1]), number);
CREATE INDEX batches_unresolved ON batches USING btree (run_id) WHERE (state = ANY (ARRAY['in_flight'::text, 'unknown'::text]));

create table canaries (
  destination text not null,
  recorded_at timestamp with time zone not null default now(),
  verdict text not null,
  details jsonb not null,
  constraint canaries_pkey PRIMARY KEY (destination),
  constraint canaries_verdict_check CHECK (verdict = ANY (ARRAY['confirmed'::text, 'accepted'::text, 'wrong'::text]))
);
comment on table canaries is 'The last test person sent through each address and wire profile.';

create table characteristics_checks (
  sync_id integer not null,
  destination text not null,
  mapping uuid not null,
  outcome text not null,
  checked_at timestamp with time zone not null default now(),
  constraint characteristics_checks_outcome_check CHECK (outcome = ANY (ARRAY['known'::text, 'unavailable'::text])),
  constraint characteristics_checks_pkey PRIMARY KEY (sync_id, destination, mapping),
  constraint characteristics_checks_sync_id_fkey FOREIGN KEY (sync_id) REFERENCES syncs(id)
);
comment on table characteristics_checks is 'Mappings whose characteristics were looked up in the Hub; cleared when it refuses rows.';

create table fingerprints (
  sync_id integer not null,
  generation bigint,
  context text not null,
  run_id bigint not null,
  snapshot_size bigint not null,
  buckets bytea not null,
  changes bytea not null default '\x'::bytea,
  constraint fingerprints_pkey PRIMARY KEY (sync_id),
  constraint fingerprints_sync_id_fkey FOREIGN KEY (sync_id) REFERENCES syncs(id)
);
comment on table fingerprints is 'What the last run learned of the model by bucket: rows, skipped rows, sum of row hashes. A filter for the next run.';

create table forgotten (
  person uuid not null,
  sync_id integer,
  since timestamp with time zone not null default now(),
  constraint forgotten_sync_id_fkey FOREIGN KEY (sync_id) REFERENCES syncs(id)
);
comment on table forgotten is 'People who asked to be forgotten, and are never sent again.';
CREATE UNIQUE INDEX forgotten_once ON forgotten USING btree (person, COALESCE(sync_id, 0));

create table hash_key (
  singleton boolean not null default true,
  fingerprint text not null,
  since timestamp with time zone not null default now(),
  constraint hash_key_pkey PRIMARY KEY (singleton),
  constraint hash_key_singleton_check CHECK (singleton)
);
comment on table hash_key is 'The key that people are hashed under here.';

create table leases (
  sync_id integer not null,
  holder uuid,
  backend_pid integer not null,
  host text not null,
  pid integer not null,
  process_namespace text,
  taken_at timestamp with time zone not null,
  sends_until timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  grace_until timestamp with time zone,
  constraint leases_pkey PRIMARY KEY (sync_id),
  constraint leases_sync_id_fkey FOREIGN KEY (sync_id) REFERENCES syncs(id)
) with (fillfactor=50);
comment on table leases is 'Who holds the lock of a sync, renewed every few seconds. The lock itself is an advisory lock of one connection.';

create table marks (
  sync_id integer not null,
  key text collate "C" not null,
  marked_hash uuid,
  marked_run_id bigint,
  refused_hash uuid,
  refused_run_id bigint,
  destination text,
  code text,
  message text,
  field text,
  attempts integer not null default 0,
  retry boolean not null default false,
  constraint a_mark_has_a_run CHECK ((marked_hash IS NULL) = (marked_run_id IS NULL)),
  constraint a_refusal_has_a_reason CHECK ((refused_hash IS NULL) = (code IS NULL) AND (refused_hash IS NULL) = (refused_run_id IS NULL)),
  constraint marks_pkey PRIMARY KEY (sync_id, key)
);
comment on table marks is 'People who are marked in the Hub for having left the model, and refused attempts to mark them or to take it back.';

create table outbox (
  run_id bigint not null,
  seq bigint not null,
  key text collate "C" not null,
  operation text not null,
  row_hash uuid not null,
  payload_hash uuid not null,
  previously_rejected boolean not null,
  payload json,
  stored_payload json,
  identity uuid,
  renamed_from text collate "C",
  constraint outbox_operation_check CHECK (operation = ANY (ARRAY['insert'::text, 'update'::text, 'mark'::text, 'restore'::text])),
  constraint outbox_pkey PRIMARY KEY (run_id, seq)
);
comment on table outbox is 'The changed rows of a run, written before its first request.';
CREATE UNIQUE INDEX a_key_once_per_run ON outbox USING btree (run_id, key, ((operation = ANY (ARRAY['mark'::text, 'restore'::text]))));

create table past_rejections (
  sync_id integer not null,
  key text collate "C" not null,
  refused_by text not null,
  errors jsonb not null,
  reason text not null,
  from_run_id bigint not null,
  until_run_id bigint not null,
  constraint past_rejections_refused_by_check CHECK (refused_by = ANY (ARRAY['validation'::text, 'destination'::text]))
);
comment on table past_rejections is 'Rejections that were closed, or whose errors have changed since.';
CREATE INDEX past_rejections_by_key ON past_rejections USING btree (sync_id, key);

create unlogged table rate_limits (
  key_hash text not null,
  next_at timestamp with time zone,
  reserved_at timestamp with time zone,
  paused_at timestamp with time zone,
  paused_until timestamp with time zone,
  constraint rate_limits_pkey PRIMARY KEY (key_hash)
) with (fillfactor=50);
comment on table rate_limits is 'The queue of all processes that send with one API key. A crash may empty it without harm, so it costs no flush.';

create table rejections (
  sync_id integer not null,
  key text collate "C" not null,
  email text,
  refused_by text not null,
  code text not null,
  message text not null,
  field text,
  reason text not null,
  errors jsonb not null,
  payload_hash uuid,
  destination text,
  retry boolean not null default false,
  run_id bigint not null,
  seen_run_id bigint not null,
  from_run_id bigint not null,
  first_seen_at timestamp with time zone not null default now(),
  last_seen_at timestamp with time zone not null default now(),
  attempts integer not null default 1,
  constraint rejections_pkey PRIMARY KEY (sync_id, key),
  constraint rejections_refused_by_check CHECK (refused_by = ANY (ARRAY['validation'::text, 'destination'::text])),
  constraint rejections_sync_id_fkey FOREIGN KEY (sync_id) REFERENCES syncs(id)
);
comment on table rejections is 'Open rejections: rows refused by validation or by the Hub, until they change, leave the model or are accepted.';

create table renames (
  sync_id integer not null,
  key text collate "C" not null,
  old_key text collate "C" not null,
  run_id bigint not null,
  at timestamp with time zone not null default now(),
  constraint renames_pkey PRIMARY KEY (sync_id, key)
);
comment on table renames is 'People who were inserted under a new e-mail, and the one that they were known under before.';
CREATE INDEX renames_by_old_key ON renames USING btree (sync_id, old_key);

create table runs (
  id bigint not null generated always as identity,
  sync_id integer not null,
  mode text not null,
  trigger text not null,
  status text not null,
  key_column text,
  destination text not null,
  configuration uuid,
  started_at timestamp with time zone not null default now(),
  read_at timestamp with time zone,
  planned_at timestamp with time zone,
  finished_at timestamp with time zone,
  read bigint not null default 0,
  duplicate bigint not null default 0,
  invalid bigint not null default 0,
  unchanged bigint not null default 0,
  inserted bigint not null default 0,
  updated bigint not null default 0,
  rejected bigint not null default 0,
  unsent bigint not null default 0,
  not_in_snapshot bigint not null default 0,
  already_in_snapshot bigint not null default 0,
  rejected_before bigint not null default 0,
  deleted_in_hub bigint not null default 0,
  forgotten bigint not null default 0,
  outcome_unknown bigint not null default 0,
  removed bigint not null default 0,
  renamed bigint not null default 0,
  removals_planned bigint not null default 0,
  marked bigint not null default 0,
  restored bigint not null default 0,
  removals_rejected bigint not null default 0,
  removals_unsent bigint not null default 0,
  requests_sent bigint not null default 0,
  requests_retried bigint not null default 0,
  requests_rate_limited bigint not null default 0,
  requests_split bigint not null default 0,
  approves bigint,
  rows_read bigint not null default 0,
  buckets_equal bigint not null default 0,
  bytes_from_source bigint not null default 0,
  bytes_to_state bigint not null default 0,
  freshness_column text,
  newest_data_at timestamp with time zone,
  max_data_age_seconds bigint,
  reasons jsonb not null default '[]'::jsonb,
  notes jsonb not null default '[]'::jsonb,
  error jsonb,
  constraint a_finished_run_has_an_end CHECK ((status = 'running'::text) = (finished_at IS NULL)),
  constraint every_removal_is_accounted_for CHECK (finished_at IS NULL OR removals_planned = (marked + restored + removals_rejected + removals_unsent)),
  constraint every_row_is_accounted_for CHECK (finished_at IS NULL OR read = (duplicate + invalid + unchanged + inserted + updated + rejected + unsent + not_in_snapshot + already_in_snapshot + rejected_before + deleted_in_hub + forgotten + outcome_unknown)),
  constraint runs_check CHECK (newest_data_at IS NULL OR freshness_column IS NOT NULL),
  constraint runs_check1 CHECK ((max_data_age_seconds IS NULL) = (freshness_column IS NULL)),
  constraint runs_mode_check CHECK (mode = ANY (ARRAY['upsert'::text, 'insert'::text, 'update'::text])),
  constraint runs_pkey PRIMARY KEY (id),
  constraint runs_status_check CHECK (status = ANY (ARRAY['running'::text, 'succeeded'::text, 'partial'::text, 'failed'::text, 'stopped'::text, 'canceled'::text])),
  constraint runs_sync_id_fkey FOREIGN KEY (sync_id) REFERENCES syncs(id),
  constraint runs_trigger_check CHECK (trigger = ANY (ARRAY['manual'::text, 'schedule'::text, 'api'::text, 'plan'::text]))
);
comment on table runs is 'Every run and every recorded plan, with what became of its rows.';
CREATE UNIQUE INDEX one_running_run_per_sync ON runs USING btree (sync_id) WHERE (status = 'running'::text);
CREATE INDEX runs_by_sync ON runs USING btree (sync_id, id DESC);

create table saved_plans (
  run_id bigint not null,
  sync_id integer not null,
  state text not null default 'waiting'::text,
  inserts bigint not null,
  updates bigint not null,
  marks bigint not null,
  restores bigint not null,
  change_limit bigint,
  ignores_snapshot boolean not null,
  payload_storage text not null,
  mapping text not null,
  model text not null,
  snapshot jsonb not null,
  settled_at timestamp with time zone,
  settled_run_id bigint,
  caller text,
  reason text,
  constraint a_settled_plan_has_a_time CHECK ((state = 'waiting'::text) = (settled_at IS NULL)),
  constraint saved_plans_payload_storage_check CHECK (payload_storage = ANY (ARRAY['full'::text, 'hashed'::text])),
  constraint saved_plans_pkey PRIMARY KEY (run_id),
  constraint saved_plans_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs(id) ON DELETE CASCADE,
  constraint saved_plans_state_check CHECK (state = ANY (ARRAY['waiting'::text, 'approved'::text, 'drifted'::text, 'expired'::text])),
  constraint saved_plans_sync_id_fkey FOREIGN KEY (sync_id) REFERENCES syncs(id)
);
comment on table saved_plans is 'Plans of stopped runs, which people may approve. Their changes are in the outbox while they are waiting.';
CREATE UNIQUE INDEX one_waiting_plan_per_sync ON saved_plans USING btree (sync_id) WHERE (state = 'waiting'::text);

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
comment on table skips is 'A skip lasts from a run until (and without) another: runs that skip the same rows again write nothing.';
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
comment on table snapshot is 'What the Hub last accepted, by person. Narrow on purpose: every run joins this table; the values are beside it.';
CREATE INDEX snapshot_by_bucket ON snapshot USING btree (sync_id, ((hashtext(key) & 262143)));

create table snapshot_fields (
  sync_id integer not null,
  key text collate "C" not null,
  payload json not null,
  identity uuid,
  constraint snapshot_fields_pkey PRIMARY KEY (sync_id, key)
) with (fillfactor=90);
comment on table snapshot_fields is 'The payloads of the snapshot, and who the people are.';
CREATE INDEX snapshot_by_identity ON snapshot_fields USING btree (sync_id, identity) WHERE (identity IS NOT NULL);

create table state_identity (
  singleton boolean not null default true,
  id uuid not null default gen_random_uuid(),
  forgotten_version bigint not null default 0,
  constraint state_identity_pkey PRIMARY KEY (singleton),
  constraint state_identity_singleton_check CHECK (singleton)
);
comment on table state_identity is 'Which state this is: compared with the marks that processes keep of it.';

create table suppressions (
  sync_id integer not null,
  key text collate "C" not null,
  reason text not null,
  run_id bigint,
  since timestamp with time zone not null default now(),
  constraint suppressions_pkey PRIMARY KEY (sync_id, key),
  constraint suppressions_reason_check CHECK (reason = ANY (ARRAY['deleted_in_hub'::text, 'outcome_unknown'::text])),
  constraint suppressions_sync_id_fkey FOREIGN KEY (sync_id) REFERENCES syncs(id)
);
comment on table suppressions is 'People who are not sent whatever their row says: deleted in the Hub, or part of a batch with an unknown outcome.';

create table syncs (
  id integer not null generated always as identity,
  name text not null,
  created_at timestamp with time zone not null default now(),
  hub_address text,
  resync_before bigint not null default 0,
  fingerprint_generation bigint not null default 0,
  payload_storage text not null default 'full'::text,
  distrusted_at timestamp with time zone,
  trusted_at timestamp with time zone,
  last_scheduled_at timestamp with time zone,
  pending_scheduled_at timestamp with time zone,
  claimed_at timestamp with time zone,
  paused_at timestamp with time zone,
  paused_by text,
  pause_reason text,
  pruned_run_id bigint not null default 0,
  pruned_skips_run_id bigint not null default 0,
  constraint a_pause_has_an_author CHECK ((paused_at IS NULL) = (paused_by IS NULL)),
  constraint a_pending_time_is_claimed CHECK (pending_scheduled_at IS NULL OR claimed_at IS NOT NULL),
  constraint syncs_name_key UNIQUE (name),
  constraint syncs_payload_storage_check CHECK (payload_storage = ANY (ARRAY['full'::text, 'hashed'::text])),
  constraint syncs_pkey PRIMARY KEY (id)
);
comment on table syncs is 'One row for each sync by its name in the configuration: its snapshot, schedule and pause.';

create view v_changes (
  run_id bigint -- The run that planned the change.
  sync text -- The sync.
  run_started_at timestamp with time zone -- When the run started.
  key text -- The person: the e-mail in lower case, or the value of syncs.<name>.key.
  operation text -- insert, update, or mark and restore of people who left the model or are back.
  outcome text -- accepted, rejected, refused (with others, and nobody was named), not_sent, in_flight, unknown, or found (in the Hub with other values, and left so).
  batch integer -- The number of the last batch with the row, within the run.
  http_status integer -- The status of the last answer to this batch.
  request_id text -- The id that the Hub gave that request.
  recorded_at timestamp with time zone -- When the batch was recorded, right before it was sent.
  settled_at timestamp with time zone -- When its outcome was recorded.
);
comment on view v_changes is 'One row for each changed row that was in a batch, and for each mark and restore, until retention.runs. Names people.';

create view v_people (
  sync text -- The sync.
  key text -- The person, as in v_changes.
  origin text -- sent (the Hub accepted it from panelsync) or baseline (imported from the Hub).
  accepted_run_id bigint -- The run that sent the person last, or the baseline.
  accepted_at timestamp with time zone -- When that run or baseline started; null once it is deleted.
  removed boolean -- Whether the person is not in the model, as of the last run.
  removed_run_id bigint -- The first run that did not find the person in the model.
  removed_at timestamp with time zone -- When that run started; null once it is deleted.
  marked boolean -- Whether the person is marked in the Hub for having left the model.
  rejected boolean -- Whether the row of the person, as it is now, is invalid or rejected.
  suppressed text -- Why the person is not sent, whatever the row says; null: they are.
);
comment on view v_people is 'One row for each person in the snapshot: those that the Hub has, as far as panelsync knows. Names people.';

create view v_rejection_counts (
  sync text -- The sync.
  refused_by text -- validation (by panelsync) or destination (by the Hub).
  code text -- The code of the first error of the row.
  field text -- The field that it is about, where it is about one.
  reason text -- Its message without values.
  people bigint -- How many rows.
  first_seen_at timestamp with time zone -- When the first of them was refused first.
  last_seen_at timestamp with time zone -- When the last of them was refused last.
);
comment on view v_rejection_counts is 'Rows that are invalid or rejected now, counted by reason. Names no person.';

create view v_rejections (
  sync text -- The sync.
  key text -- The person, as in v_changes; what stands in its place where a row has no usable key.
  open boolean -- Whether it still stands.
  refused_by text -- validation (by panelsync) or destination (by the Hub).
  code text -- The code of the first error.
  field text -- The field that it is about, where it is about one.
  reason text -- Its message without values, the same for all rows that were refused alike.
  message text -- Its message, which may hold values of the person.
  errors jsonb -- All errors of the row: an array of objects with code, message and field.
  from_run_id bigint -- The first run that refused the row for these errors.
  until_run_id bigint -- The run that closed it; null while it is open.
  began_at timestamp with time zone -- When the first of these runs started; null once it is deleted and the rejection is closed.
  ended_at timestamp with time zone -- When the other one started; null while it is open.
  last_seen_at timestamp with time zone -- When the row was refused last; null once it is closed.
  attempts integer -- How often it was refused; null once it is closed.
);
comment on view v_rejections is 'One row for each row that is or was invalid or rejected, from a run until another; closed ones until retention.runs. Names people.';

create view v_renames (
  sync text -- The sync.
  key text -- The person, as in v_changes.
  old_key text -- The key that the person was known under before.
  run_id bigint -- The run that inserted the person under the new key.
  renamed_at timestamp with time zone -- When the Hub had accepted that.
);
comment on view v_renames is 'One row for each person who was inserted under a new e-mail, the last time that it happened. Names people.';

create view v_runs (
  run_id bigint -- The id of the run.
  sync text -- The sync.
  mode text -- upsert, insert or update.
  trigger text -- manual, schedule or api.
  status text -- running, succeeded, partial, failed, stopped (by a guard) or canceled.
  started_at timestamp with time zone -- When it started.
  finished_at timestamp with time zone -- When it ended; null while it is running. Counts are final from then on.
  duration_seconds double precision -- From its start to its end.
  read bigint -- Rows of the model: duplicate + invalid + unchanged + skipped + inserted + updated + rejected + unsent.
  duplicate bigint -- Rows whose key another row has.
  invalid bigint -- Rows that panelsync refused.
  unchanged bigint -- Rows that are what the Hub last accepted.
  skipped bigint -- Rows that were left alone; the columns from not_in_snapshot to outcome_unknown say why.
  inserted bigint -- Rows that the Hub accepted of people who were not in the snapshot.
  updated bigint -- Rows that the Hub accepted of people who were.
  rejected bigint -- Rows that the Hub refused.
  unsent bigint -- Rows that were left for a later run.
  not_in_snapshot bigint -- Skipped: update mode, and the person is not in the snapshot.
  already_in_snapshot bigint -- Skipped: insert mode, and the person was sent before.
  rejected_before bigint -- Skipped: the Hub rejected the row, and it has not changed since.
  deleted_in_hub bigint -- Skipped: the person was deleted in the Hub.
  forgotten bigint -- Skipped: the person is forgotten.
  outcome_unknown bigint -- Skipped: the person is in a batch with an unknown outcome.
  removed bigint -- People of the snapshot who are not in the model: no rows, so they stand apart.
  renamed bigint -- Of the inserted rows, those of people who were known under another e-mail.
  marked bigint -- People who were marked for having left the model.
  restored bigint -- People whose mark was taken back.
  removals_rejected bigint -- Marks, and what takes them back, that the Hub refused.
  removals_unsent bigint -- Those that were left for a later run.
  requests_sent bigint -- Requests to the Hub that carried people.
  requests_retried bigint -- Of them, those that repeated another.
  requests_rate_limited bigint -- Of them, those that were answered with 429.
  requests_split bigint -- Batches that were split.
  rows_read bigint -- Rows that came from the source.
  buckets_equal bigint -- Buckets whose rows were as the last run left them.
  bytes_from_source bigint -- Bytes of the rows that came from the source.
  bytes_to_state bigint -- Bytes that were copied to the state database.
  error_code text -- The code of the error that ended the run.
  error_message text -- Its message, which holds no data of people.
  newest_data_at timestamp with time zone -- The newest time of the rows; null: no row has one, or syncs.<name>.freshness was not set.
  max_data_age_seconds bigint -- How old it might be: freshness.maxAge; null without freshness.
  stale boolean -- Whether it was older than that when the run started. Null without freshness.
);
comment on view v_runs is 'One row for each run, as in its report; plans are left out. Names no person.';

create view v_skip_counts (
  sync text -- The sync.
  reason text -- As in v_skips.
  people bigint -- How many keys.
  rows bigint -- How many rows: more than keys only for duplicate.
);
comment on view v_skip_counts is 'Rows that the last run with a plan left alone, counted by reason. Names no person.';

create view v_skips (
  sync text -- The sync.
  key text -- The person, as in v_changes.
  open boolean -- Whether the last run with a plan left it alone, too.
  reason text -- As the columns of v_runs; or duplicate: rows that share the key, counted as v_runs.duplicate.
  rows bigint -- How many rows: more than one only for duplicate.
  from_run_id bigint -- The first run that left the row alone for this reason.
  until_run_id bigint -- The run that did not any more; null while it is open.
  began_at timestamp with time zone -- When the first of these runs started; null once it is deleted.
  ended_at timestamp with time zone -- When the other one started; null while it is open, or once it is deleted.
);
comment on view v_skips is 'One row for each row that was left alone, from a run until another; ended ones until retention.skips. Names people.';

create view v_syncs (
  sync text -- Its name in the configuration.
  paused boolean -- Whether it is paused.
  people bigint -- People in the snapshot: those that the Hub has, as far as panelsync knows.
  removed bigint -- Of them, people who are not in the model, as of the last run.
  marked bigint -- People who are marked in the Hub for having left the model.
  rejections bigint -- Rows that are invalid or rejected now.
  suppressed bigint -- People who are not sent, whatever their row says.
  last_run_id bigint -- The last run, which may still be running.
  last_status text -- Its status.
  last_started_at timestamp with time zone -- When it started.
  last_success_at timestamp with time zone -- When the last run ended that was succeeded or partial.
  newest_data_at timestamp with time zone -- The newest time of the rows that the last run read; null: no row has one, or syncs.<name>.freshness is not set.
  max_data_age_seconds bigint -- How old it might be: freshness.maxAge, then; null without freshness.
  stale boolean -- Whether it is older than that now; paused syncs are not. Null without freshness.
);
comment on view v_syncs is 'One row for each sync, as it is now. Names no person.';
