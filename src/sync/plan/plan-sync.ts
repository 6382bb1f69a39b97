import type { Keeping } from '../../core/model/payload-codec.ts';
import type { KeptHeader } from '../../core/model/saved-plan.ts';
import type { InvalidRow, PlannedChange, PlanPage, RunSession, State } from '../../core/ports/run-store.ts';
import { readPayload } from '../../core/model/participant.ts';
import type { SyncSettings } from '../../core/settings.ts';
import type { RunReport, SampleChange, SkipReason } from '../../core/model/terms.ts';
import { brokenGuard } from './guards.ts';
import { missNote } from '../notes.ts';
import { prepare } from './plan.ts';
import type { Deps, Progress } from './plan.ts';

export interface PlanRequest {
  readonly sync: SyncSettings;
  readonly full: boolean;
  /** Most changes, skips and invalid rows to show, of each. */
  readonly limit: number;
  readonly signal: AbortSignal;
  onProgress(progress: Progress): void;
  /** Sees every change. */
  onChanges?(changes: readonly PlannedChange[], keeping: Keeping): Promise<void>;
}

export interface PlanDeps extends Deps {
  readonly state: State;
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
  /** What it was made of, beside the model. */
  readonly basis: Pick<KeptHeader, 'payloads' | 'mapping' | 'snapshot'>;
}

/** What a run would do, sending nothing; leaves one finished plan-only run on record. */
export async function planSync(request: PlanRequest, deps: PlanDeps): Promise<SyncPlan> {
  const { sync } = request;
  const startedAt = new Date();
  const session = await deps.state.openSession(sync, { lock: false });
  try {
    const shown: Shown = { sample: [], skips: [], invalid: [] };
    const onPage = (page: PlanPage): Promise<void> => show(page, shown, { request, session });
    // Before the snapshot is compared: whatever moves it meanwhile counts as having come later.
    const snapshot = await session.keptPlans.mark();
    const prepared = await prepare({ ...request, session, runId: null, onPage }, deps);
    if (sync.mode === 'update') {
      const missed = await session.unknownKeys(request.limit - shown.skips.length);
      shown.skips.push(...missed.map((key) => ({ key, reason: 'not_in_snapshot' as const })));
    }
    const broken = brokenGuard(sync.guards, prepared.counts, prepared.snapshot);
    const report = await session.finishPlanOnly({
      startedAt,
      destination: deps.destination.fingerprint,
      counts: prepared.counts,
      status: broken === null ? 'succeeded' : 'stopped',
      notes: missNote(sync.mode, prepared.counts),
      error: broken === null ? null : { code: broken.code, message: broken.message, hint: broken.hint },
    });
    const basis = { payloads: session.keeping.payload, mapping: prepared.projection.fingerprint, snapshot };
    return { report, ...shown, basis };
  } finally {
    await session.close();
  }
}

/** The first of each. */
interface Shown {
  readonly sample: SampleChange[];
  readonly skips: SampleSkip[];
  readonly invalid: InvalidRow[];
}

async function show(
  page: PlanPage,
  { sample, skips, invalid }: Shown,
  { request, session }: { readonly request: PlanRequest; readonly session: RunSession },
): Promise<void> {
  const { limit } = request;
  sample.push(...(await sampleOf(page.changes.slice(0, limit - sample.length), session)));
  skips.push(...page.skips.slice(0, limit - skips.length));
  invalid.push(...page.invalid.slice(0, limit - invalid.length));
  await request.onChanges?.(page.changes, session.keeping);
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
