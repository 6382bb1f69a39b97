-- What each webhook was told about each sync, so that several daemons and restarts tell a change once.

create table alerts (
  -- Its name in the configuration.
  webhook text not null,
  sync_id integer not null references syncs,
  -- How the sync stood when the webhook was last told; a webhook that was told nothing takes it that all is well.
  told text not null default 'ok' check (told in ('ok', 'failed', 'partial', 'stopped', 'overdue')),
  told_at timestamptz not null default now(),
  -- A sync is overdue by its schedule as it was first seen then, or since it was last seen paused.
  schedule text,
  watched_since timestamptz not null default now(),
  -- Attempts for the change that is to be told, and when the next one may be made; whoever makes it moves this on first.
  attempts integer not null default 0,
  due_at timestamptz not null default now(),
  primary key (webhook, sync_id)
);
