-- People whose rows are not sent although the mode would want them, and why their skips are counted apart.

alter table runs
  add column deleted_in_hub bigint not null default 0,
  add column forgotten bigint not null default 0,
  add column outcome_unknown bigint not null default 0,
  drop constraint every_row_accounted_for,
  add constraint every_row_accounted_for check (
    finished_at is null
    or read = duplicate + invalid + unchanged + not_in_snapshot + already_in_snapshot + rejected_before
      + deleted_in_hub + forgotten + outcome_unknown + inserted + updated + rejected + unsent
  );

alter table skips
  drop constraint skips_reason_check,
  add constraint skips_reason_check check (reason in (
    'not_in_snapshot', 'already_in_snapshot', 'rejected_before', 'deleted_in_hub', 'forgotten', 'outcome_unknown',
    'duplicate'
  ));

-- By key: deleted in the Hub by somebody, or part of a batch whose outcome a person has to tell.
create table withheld (
  sync_id integer not null references syncs,
  key text collate "C" not null,
  reason text not null check (reason in ('deleted_in_hub', 'outcome_unknown')),
  -- The run that met it first.
  run_id bigint,
  since timestamptz not null default now(),
  primary key (sync_id, key)
);
