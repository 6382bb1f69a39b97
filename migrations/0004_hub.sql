-- Baselines: people who became known from what the Hub holds, and how far an unfinished one has come.

create table baselines (
  -- Out of the numbers of the runs: later runs have greater ones, so a snapshot row tells what came last.
  id bigint primary key,
  sync_id integer not null references syncs,
  source text not null check (source in ('hub', 'csv')),
  -- What is read and how it is brought into form: under another mark nothing can be gone on with.
  mark text not null,
  -- Whether people whom we have sent ourselves are taken from the Hub, too.
  replace boolean not null,
  -- Pages of the Hub's list, or rows of the file, that are merged; and how many people there are to come, if known.
  place bigint not null default 0,
  total bigint,
  added bigint not null default 0,
  different bigint not null default 0,
  same bigint not null default 0,
  kept bigint not null default 0,
  -- Of those kept: the Hub holds something else.
  kept_different bigint not null default 0,
  repeated bigint not null default 0,
  unusable bigint not null default 0,
  -- People who are no longer withheld as deleted in the Hub.
  returned bigint not null default 0,
  -- The first unusable entries with their reasons, and values by field that do not fit: nobody's data.
  listed jsonb not null default '[]',
  misfits jsonb not null default '{}',
  begun_at timestamptz not null default now(),
  finished_at timestamptz
);
create index baselines_by_sync on baselines (sync_id, id desc);
