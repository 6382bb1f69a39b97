import type { InvalidRow, PlannedChange, PlanPage, RunSession, State } from '../core/ledger.ts';
import { readPayload } from '../core/participant.ts';
import type { SyncSettings } from '../core/settings.ts';
import type { RunReport, SampleChange, SkipReason } from '../core/types.ts';
import { brokenGuard } from './guards.ts';
import { missNote } from './notes.ts';
import { prepare } from './prepare.ts';
import type { Deps, Progress } from './prepare.ts';

export interface PlanRequest {
  readonly sync: SyncSettings;
  readonly full: boolean;
  /** Most changes, skips and invalid rows to show, of each. */
  readonly limit: number;
  readonly signal: AbortSignal;
  onProgress(progress: Progress): void;
}

export interface SampleSkip {
  readonly key: string;
  readonly reason: SkipReason;
}

export interface SyncPlan {
  readonly report: RunReport;
  readonly sample: readonly SampleChange[];
  readonly skips: readonly SampleSkip[];
  readonly invalid: readonly InvalidRow[];
}

/** What a run would do, sending nothing; leaves one finished plan-only run on record. */
export async function planSync(request: PlanRequest, deps: Deps & { readonly state: State }): Promise<SyncPlan> {
  const { sync, limit } = request;
  const startedAt = new Date();
  const session = await deps.state.openSession(sync, { lock: false });
  try {
    const sample: SampleChange[] = [];
    const skips: SampleSkip[] = [];
    const invalid: InvalidRow[] = [];
    const onPage = async (page: PlanPage): Promise<void> => {
      sample.push(...(await sampleOf(page.changes.slice(0, limit - sample.length), session)));
      skips.push(...page.skips.slice(0, limit - skips.length));
      invalid.push(...page.invalid.slice(0, limit - invalid.length));
    };
    const { counts, snapshot } = await prepare({ ...request, session, runId: null, onPage }, deps);
    if (sync.mode === 'update') {
      const missed = await session.unknownKeys(limit - skips.length);
      skips.push(...missed.map((key) => ({ key, reason: 'not_in_snapshot' as const })));
    }
    const broken = brokenGuard(sync.guards, counts, snapshot);
    const report = await session.finishPlanOnly({
      startedAt,
      destination: deps.destination.fingerprint,
      counts,
      status: broken === null ? 'succeeded' : 'stopped',
      notes: missNote(sync.mode, counts),
      error: broken === null ? null : { code: broken.code, message: broken.message, hint: broken.hint },
    });
    return { report, sample, skips, invalid };
  } finally {
    await session.close();
  }
}

async function sampleOf(changes: readonly PlannedChange[], session: RunSession): Promise<readonly SampleChange[]> {
  if (changes.length === 0) return [];
  const before = await session.payloads(changes.map((change) => change.key));
  return changes.map(({ key, operation, payload }) => {
    const { fields } = readPayload(payload);
    const changed = session.keeping.changes(key, before.get(key) ?? null, payload);
    return { operation, email: fields.email ?? key, fields: changed };
  });
}
