-- What was found out about the Hub: whether a test person came back as sent, whether it knows the characteristics,
-- and which people of a batch with an unknown outcome it already held.

-- found: the Hub held these people with other content; nothing was sent over them.
alter table batches
  drop constraint batches_state_check,
  add constraint batches_state_check check (
    state in ('in_flight', 'accepted', 'refused', 'not_sent', 'unknown', 'resent', 'found')
  );

-- The last test person sent through each address and wire profile; the details name settings and fields, no people.
create table canaries (
  destination text primary key,
  at timestamptz not null default now(),
  verdict text not null check (verdict in ('confirmed', 'accepted', 'wrong')),
  details jsonb not null
);

-- Mappings whose characteristics the Hub was asked about; forgotten when it refuses rows.
create table characteristics_checks (
  sync_id integer not null references syncs,
  destination text not null,
  -- Hash of the slugs and their types.
  mapping uuid not null,
  -- unavailable: the Hub does not tell.
  outcome text not null check (outcome in ('known', 'unavailable')),
  at timestamptz not null default now(),
  primary key (sync_id, destination, mapping)
);
