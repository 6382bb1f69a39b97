import type { PanelsyncError } from '../core/errors.ts';
import type { SuppressedCounts } from '../core/ports/run/suppressions.ts';
import type { PlanCounts } from '../core/ports/run/plan-store.ts';
import type { Mode } from '../core/model/terms.ts';

/** From this share of misses on, an update-mode sync is more likely set up wrongly than right. */
const missWarningRatio = 0.9;

/** Tells the way out when update mode knows hardly anybody. */
export function missNotes(mode: Mode, counts: PlanCounts): readonly string[] {
  const missed = counts.skips.not_in_snapshot;
  if (mode !== 'update' || missed === 0 || missed < missWarningRatio * counts.read) return [];
  return [
    `${missed} of ${counts.read} rows were skipped because the snapshot does not know their e-mail: update mode only touches people it knows. ` +
      'Fill the snapshot first: with baseline (people whom the Hub already holds), or with one run in upsert mode.',
  ];
}

/** The model has cleared values that an earlier run or baseline knew, and the sync sends no nulls. */
export function keptNotes(people: number): readonly string[] {
  if (people === 0) return [];
  const subject = people === 1 ? '1 person has a value' : `${people} people have values`;
  return [
    `${subject} that the model no longer gives. With nulls: omit nothing is sent for it, so the Hub keeps its value. To clear it there, set nulls: null.`,
  ];
}

export function deferredNote(rows: number): string {
  return (
    `${rows} rows stay unsent in batches that the Hub refused: the requests for finding bad rows (destination.maxSplitRequests) were used up. ` +
    'The next run goes on with them.'
  );
}

/** `error`: why they could not be looked up. */
export function suppressionNote({ batches, people }: SuppressedCounts, error: PanelsyncError | null): string {
  const subject = `${people} ${people === 1 ? 'person' : 'people'} in ${batches} ${batches === 1 ? 'batch' : 'batches'}`;
  const reason = error === null ? '' : ` (${error.message.replace(/\.$/, '')})`;
  return (
    `${subject} withheld: the Hub may have stored them, and they could not be looked up there${reason}. ` +
    'Every run tries it again; or look yourself, and say panelsync resolve <run> --sent or --unsent. panelsync status names the runs.'
  );
}

export const characteristicsUncheckedNote =
  'The Hub does not tell which characteristics it has, so the slugs and types of the mapping were not checked before sending.';

export function appliedNote(planRunId: string): string {
  return `Sent the plan that was kept of run ${planRunId}.`;
}
