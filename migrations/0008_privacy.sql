-- Payloads that are kept as keyed hashes, people who are forgotten, and what the life of a person is told from.

alter table syncs
  -- How its payloads are kept: with their values, or as keyed hashes only.
  add column payloads text not null default 'full' check (payloads in ('full', 'hashed')),
  -- The last run that retention took, and the last one that a skip which retention took reached up to.
  add column pruned_run_id bigint not null default 0,
  add column pruned_skips_run_id bigint not null default 0;

-- The key itself is never stored: only what tells whether it is still the same.
create table hash_key (
  only_one boolean primary key default true check (only_one),
  fingerprint text not null,
  since timestamptz not null default now()
);

-- By keyed hash of the e-mail (or of the key, where a sync has another one), so that nobody can be read out of it.
create table forgotten (
  person uuid not null,
  -- null: every sync, those to come included.
  sync_id integer references syncs,
  since timestamptz not null default now()
);
create unique index forgotten_once on forgotten (person, coalesce(sync_id, 0));

alter table outbox
  -- Emptied once it is not needed any more, where payloads are kept as hashes.
  alter column payload drop not null,
  -- What the snapshot is to hold instead of the payload.
  add column kept json;

-- People of the snapshot who are not in the model, from a run until (and without) another; nothing is written while
-- the same people are gone.
create table absences (
  sync_id integer not null,
  key text collate "C" not null,
  from_run_id bigint not null,
  until_run_id bigint,
  primary key (sync_id, key, from_run_id)
);
create index absences_open on absences (sync_id, key) where until_run_id is null;

-- The run that first refused the row in these words; where they changed, the words before are in past_rejections.
alter table rejections add column from_run_id bigint;
update rejections set from_run_id = run_id;
alter table rejections alter column from_run_id set not null;

create table past_rejections (
  sync_id integer not null,
  key text collate "C" not null,
  refused_by text not null check (refused_by in ('validation', 'destination')),
  faults jsonb not null,
  from_run_id bigint not null,
  until_run_id bigint not null
);
create index past_rejections_by_key on past_rejections (sync_id, key);
