-- A foreign key costs a locked row of syncs for each of the rows that a batch brings into the snapshot: a fifth of what
-- settling costs. Syncs are never deleted, and the run that settles was itself checked against them.

alter table snapshot drop constraint snapshot_sync_id_fkey;
