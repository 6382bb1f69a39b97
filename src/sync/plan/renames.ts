import type { Difference, PlannedChange, PlanRecorder } from '../../core/ports/run/plan-store.ts';

/**
 * The same changes, with the key that people had before where an insert gives somebody known a new e-mail. It changes
 * nothing about what is sent: the Hub knows people by e-mail, and the old one has left the model like any other.
 */
export async function findRenames(
  changes: readonly PlannedChange[],
  { removed }: Pick<Difference, 'removed'>,
  recorder: Pick<PlanRecorder, 'claimRenames'>,
): Promise<readonly PlannedChange[]> {
  const people = changes.flatMap(({ operation, key, identity }) =>
    operation === 'insert' && identity !== undefined ? [{ key, identity }] : [],
  );
  // Nobody has left, so nobody has a new e-mail.
  if (removed === 0 || people.length === 0) return changes;
  const oldKeys = await recorder.claimRenames(people);
  return changes.map((change) => {
    const renamedFrom = oldKeys.get(change.key);
    return renamedFrom === undefined ? change : { ...change, renamedFrom };
  });
}
