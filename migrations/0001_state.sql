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

create table snapshot_fields (
  sync_id integer not null,
  key text collate "C" not null,
  -- Values, or keyed hashes of them where syncs.payload_storage is hashed.
  payload json not null,
  primary key (sync_id, key)
) with (fillfactor = 90);
comment on table snapshot_fields is 'The payloads of the snapshot.';

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

create table fingerprints (
  sync_id integer primary key references syncs,
  -- Of syncs.fingerprint_generation.
  generation bigint not null,
  -- Hash of the mapping, the mode and whatever else decides what becomes of a row.
  context text not null,
  run_id bigint not null,
  -- People in the snapshot when the run ended.
  snapshot_size bigint not null,
  -- 24 bytes a bucket; the number of buckets is a power of two.
  buckets bytea not null
);
alter table fingerprints alter column buckets set storage external;
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
  notified_state text not null default 'ok' check (notified_state in ('ok', 'failed', 'partial', 'stopped', 'overdue')),
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
