import type { Finding, State, UnknownBatch } from '../../core/ports/run-store.ts';
import type { SyncSettings } from '../../core/settings.ts';

/** What a person has found out about batches of a run. */
export interface Verdict {
  readonly runId: string;
  /** `null`: all of the run whose outcome is unknown. */
  readonly batch: number | null;
  readonly outcome: 'sent' | 'unsent';
}

export interface ResolvedByHand {
  readonly batches: readonly number[];
  readonly people: number;
}

/** Settles batches whose outcome is unknown as a person says. No run of the sync may be under way. */
export async function resolveByHand(sync: SyncSettings, verdict: Verdict, state: State): Promise<ResolvedByHand> {
  const session = await state.openSession(sync, { lock: true });
  try {
    const unknown = await session.unknownBatches();
    const meant = unknown.filter(
      ({ runId, number }) => runId === verdict.runId && (verdict.batch === null || number === verdict.batch),
    );
    for (const batch of meant) await session.resolve(batch, findingOf(batch, verdict));
    await session.retally(verdict.runId);
    await session.withholdUnknown();
    return {
      batches: meant.map(({ number }) => number),
      people: meant.reduce((sum, { rows }) => sum + rows.length, 0),
    };
  } finally {
    await session.close();
  }
}

function findingOf({ rows }: UnknownBatch, { outcome }: Verdict): Finding {
  const nobody: Finding = { arrived: [], taken: [], absent: [] };
  return outcome === 'sent' ? { ...nobody, arrived: rows } : { ...nobody, absent: rows };
}
