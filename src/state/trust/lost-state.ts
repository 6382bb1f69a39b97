import { PanelsyncError } from '../../core/errors.ts';
import type { Database } from '../db/database.ts';
import type { Ledger } from '../../core/ports/run/ledger.ts';
import type { TrustContext } from './trust-context.ts';
import type { StateMarks, SyncMark } from './state-marks.ts';

/**
 * A state that is older than what was sent: a backup was restored, or a replica took over that lagged. Marks that
 * processes keep of the ledger tell. They cannot tell where nobody who ran the sync kept one: on another machine, in a
 * container without a lasting folder, or for what happened in the last second before the process died as well.
 */

interface LedgerRow {
  readonly distrusted_at: Date | null;
  readonly started_at: string | null;
  readonly recorded: number;
  readonly settled: number;
  readonly pruned: boolean;
  readonly outdated: boolean;
}

/** Throws where the state is known to be older than what was sent, and notes it for every other process. */
export async function requireNothingLost(context: TrustContext): Promise<void> {
  const { database, syncId, sync, log } = context;
  const loss = await findLoss(context);
  if (loss === null) return;
  if (loss.missing !== null) {
    await database.query({
      text: 'update syncs set distrusted_at = coalesce(distrusted_at, now()) where id = $1',
      values: [syncId],
    });
    log.error('state database is older than what was sent', { sync: sync.name, missing: loss.missing });
  }
  throw loss.error;
}

interface Loss {
  readonly error: PanelsyncError;
  /** What the state lacks; `null` where that was noted before. */
  readonly missing: string | null;
}

/** Changes nothing. `null`: the state is as new as what was sent, as far as anybody on this machine can tell. */
export async function findLoss(context: TrustContext): Promise<Loss | null> {
  const { database, syncId, sync, marks } = context;
  const known = await marks.read(sync.name);
  for (const mark of known.length === 0 ? [noMark] : known) {
    const row = await readLedger(database, syncId, mark);
    if (row.distrusted_at !== null) return { error: distrustedError(context, row.distrusted_at), missing: null };
    const missing = mark === noMark ? null : missingOf(mark, row);
    if (missing !== null) return { error: olderStateError(context, missing), missing };
  }
  return null;
}

const noMark: SyncMark = { runId: '0', startedAt: '0', recorded: 0, settled: 0 };

async function readLedger(database: Database, syncId: number, mark: SyncMark): Promise<LedgerRow> {
  const [row] = await database.query<LedgerRow>({
    text: `select s.distrusted_at, ${startedAtText('r')} as started_at, coalesce(s.pruned_run_id >= $2, false) as pruned,
             coalesce(extract(epoch from s.trusted_at) > $3::numeric, false) as outdated, b.recorded, b.settled
           from (select $1::integer as id) asked left join syncs s on s.id = asked.id
             left join runs r on r.id = $2 and r.sync_id = s.id
             cross join lateral (
               select count(*) as recorded, count(*) filter (where settled_at is not null) as settled
               from batches where run_id = $2 and r.id is not null
             ) b`,
    values: [syncId, mark.runId, mark.startedAt],
  });
  if (row === undefined) throw new Error('the state database returned no row');
  return row;
}

/** What the ledger lacks of a mark; `null` if nothing. A mark from before a repair or resync says nothing any more. */
function missingOf(mark: SyncMark, row: LedgerRow): string | null {
  if (row.outdated) return null;
  if (row.started_at === null && row.pruned) return null;
  if (row.started_at !== mark.startedAt) return `run ${mark.runId}`;
  if (row.recorded < mark.recorded) return batchesText(mark.recorded - row.recorded, mark.runId);
  return row.settled < mark.settled ? `the outcome of ${batchesText(mark.settled - row.settled, mark.runId)}` : null;
}

function batchesText(count: number, runId: string): string {
  return `${count} ${count === 1 ? 'batch' : 'batches'} of run ${runId}`;
}

function startedAtText(alias: string): string {
  return `extract(epoch from ${alias}.started_at)::text`;
}

/** The same ledger, which leaves marks of what it has recorded and settled. */
export function markingLedger(
  ledger: Ledger,
  { database, sync, marks, runId }: Pick<TrustContext, 'database' | 'sync' | 'marks'> & { readonly runId: string },
): Ledger {
  let mark: Promise<SyncMark> | null = null;
  const advance = async (by: Partial<Pick<SyncMark, 'recorded' | 'settled'>>): Promise<void> => {
    mark = (mark ?? firstMark(database, marks, { sync: sync.name, runId })).then((former) => ({
      ...former,
      recorded: former.recorded + (by.recorded ?? 0),
      settled: former.settled + (by.settled ?? 0),
    }));
    await marks.note(sync.name, await mark);
  };
  return {
    ...ledger,
    record: async (batch) => {
      await ledger.record(batch);
      await advance({ recorded: 1 });
    },
    settle: async (batch, settlement) => {
      await ledger.settle(batch, settlement);
      await advance({ settled: 1 });
    },
  };
}

/** Of what the run has done so far: senders of one run may open its ledger one after the other. */
async function firstMark(
  database: Database,
  marks: StateMarks,
  { sync, runId }: { readonly sync: string; readonly runId: string },
): Promise<SyncMark> {
  const [row] = await database.query<{ started_at: string }>({
    text: `select ${startedAtText('r')} as started_at from runs r where id = $1`,
    values: [runId],
  });
  const startedAt = row?.started_at ?? '0';
  const known = (await marks.read(sync)).find((mark) => mark.runId === runId && mark.startedAt === startedAt);
  return known ?? { runId, startedAt, recorded: 0, settled: 0 };
}

/** Of `resync` and repairs: what the state has lost no longer matters. */
export const trustAgain = 'trusted_at = clock_timestamp(), distrusted_at = null';

function olderStateError({ sync }: TrustContext, missing: string): PanelsyncError {
  return distrustError(
    `The state database is older than what was sent for "${sync.name}": it lacks ${missing}. A backup was restored, or a replica that lagged took over.`,
    sync,
  );
}

function distrustedError({ sync }: TrustContext, since: Date): PanelsyncError {
  const at = `${since.toISOString().slice(0, 19).replace('T', ' ')}Z`;
  return distrustError(
    `The snapshot of "${sync.name}" has not been trusted since ${at}: the state database is older than what was sent.`,
    sync,
  );
}

function distrustError(message: string, { name, mode }: TrustContext['sync']): PanelsyncError {
  const unknownPeople = mode === 'upsert' ? '' : `, then panelsync baseline ${name} for people it does not know`;
  return new PanelsyncError({
    code: 'state_older',
    recovery: 'usage',
    message,
    hint: `Bring the snapshot in line with the Hub: panelsync verify ${name} --repair${unknownPeople}. Or send everybody again: panelsync resync ${name}.`,
  });
}
