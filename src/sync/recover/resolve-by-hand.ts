import type { Resolution, State, UnknownBatch } from '../../core/ports/run/run-store.ts';
import type { SyncSettings } from '../../core/settings.ts';

/** What a person has found out about batches of a run. */
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

/** Settles batches whose outcome is unknown as a person says. No run of the sync may be under way. */
export async function resolveByHand(
  sync: SyncSettings,
  manual: ManualResolution,
  state: State,
): Promise<ManualResolutionResult> {
  const session = await state.openSession(sync, { lock: true });
  try {
    const unknown = await session.unknownBatches();
    const matching = unknown.filter(
      ({ runId, number }) => runId === manual.runId && (manual.batch === null || number === manual.batch),
    );
    for (const batch of matching) await session.resolve(batch, resolutionOf(batch, manual));
    await session.recomputeCounts(manual.runId);
    await session.suppressUnknown();
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
