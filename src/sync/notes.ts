import type { PlanCounts } from '../core/ledger.ts';
import type { Mode } from '../core/types.ts';

/** From this share of misses on, an update-mode sync is more likely set up wrongly than right. */
const missShare = 0.9;

/** Tells the way out when update mode knows hardly anybody. */
export function missNote(mode: Mode, counts: PlanCounts): readonly string[] {
  const missed = counts.skips.not_in_snapshot;
  if (mode !== 'update' || missed === 0 || missed < missShare * counts.read) return [];
  return [
    `${missed} of ${counts.read} rows were skipped because the snapshot does not know their e-mail: update mode only touches people it knows. ` +
      'Fill the snapshot first: with baseline (people whom the Hub already holds), or with one run in upsert mode.',
  ];
}

export function heldBackNote(rows: number): string {
  return (
    `${rows} rows stay unsent in batches that the Hub refused: the requests for finding bad rows (destination.maxSplitRequests) were used up. ` +
    'The next run goes on with them.'
  );
}
