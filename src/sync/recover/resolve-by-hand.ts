import type { Resolution, UnknownBatch } from '../../core/ports/run/unknown-outcomes.ts';
import type { State } from '../../core/ports/run/run-session.ts';
import type { SyncSettings } from '../../core/settings.ts';

/** What a user has found out about batches of a run. */
export interface ManualResolution {
  readonly runId: string;
  /** `null`: all of the run whose outcome is unknown. */
  readonly batch: number | null;
  readonly outcome: 'sent' | 'unsent';
}

export interface ManualResolutionResult {
  readonly batches: readonly number[];
  readonly people: number;
}

/** Settles batches with an unknown outcome as a user says. No run of the sync may be under way. */
export async function resolveByHand(
  sync: SyncSettings,
  manual: ManualResolution,
  state: State,
): Promise<ManualResolutionResult> {
  const session = await state.openSession(sync, { lock: true });
  try {
    const { unknownOutcomes, runs, suppressions } = session.stores;
    const unknown = await unknownOutcomes.list();
    const matching = unknown.filter(
      ({ runId, number }) => runId === manual.runId && (manual.batch === null || number === manual.batch),
    );
    for (const batch of matching) await unknownOutcomes.resolve(batch, resolutionOf(batch, manual));
    await runs.recomputeCounts(manual.runId);
    await suppressions.suppressUnknown();
    return {
      batches: matching.map(({ number }) => number),
      people: matching.reduce((sum, { rows }) => sum + rows.length, 0),
    };
  } finally {
    await session.close();
  }
}

function resolutionOf({ rows }: UnknownBatch, { outcome }: ManualResolution): Resolution {
  const none: Resolution = { applied: [], conflicting: [], notApplied: [] };
  return outcome === 'sent' ? { ...none, applied: rows } : { ...none, notApplied: rows };
}
