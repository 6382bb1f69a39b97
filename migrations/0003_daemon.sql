-- What several processes on one state database agree on: slots of schedules, pauses, who runs a sync, and the pace.

alter table syncs
  -- The newest slot of the schedule that was claimed: it fires once, however many processes keep the schedule.
  add column last_slot_at timestamptz,
  -- The newest claimed slot whose run has not begun, and when somebody last undertook to begin it.
  add column owed_slot_at timestamptz,
  add column claimed_at timestamptz,
  add column paused_at timestamptz,
  add column paused_by text,
  add column pause_reason text,
  add constraint paused_by_somebody check ((paused_at is null) = (paused_by is null));

-- Who holds the lock of a sync, renewed every few seconds. The lock itself is an advisory lock of one connection.
create table leases (
  sync_id integer primary key references syncs,
  -- Null: the last holder let go in good order.
  holder uuid,
  -- The backend that holds the advisory lock.
  backend_pid integer not null,
  host text not null,
  pid integer not null,
  -- Where pid means that process: start of the kernel and namespace. Null where that cannot be told.
  process_space text,
  taken_at timestamptz not null,
  -- How long the holder may send without renewing, with time for what is on the wire to arrive.
  sends_until timestamptz not null,
  -- From then on the holder counts as frozen or gone, and its lock may be ended by force.
  expires_at timestamptz not null,
  -- What `sends_until` of the holder before was, where that one did not let go.
  quiet_until timestamptz
) with (fillfactor = 50);

-- The queue of all who send with one key. Nothing is lost that matters when a crash empties it, so it costs no flush.
create unlogged table paces (
  -- Of the Hub's address and the key.
  key_hash text primary key,
  next_at timestamptz,
  reserved_at timestamptz,
  paused_at timestamptz,
  paused_until timestamptz
) with (fillfactor = 50);
