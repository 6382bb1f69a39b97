import type { PayloadCodec } from '../../core/model/payload-codec.ts';
import type { PlanBasis } from '../../core/model/saved-plan/saved-plan.ts';
import type { InvalidRow, PlannedChange, PlanPage } from '../../core/ports/run/plan-store.ts';
import type { RunSession } from '../../core/ports/run/run-session.ts';
import { comparePayloads } from '../../core/model/difference.ts';
import type { Projection } from '../../core/model/projection.ts';
import { changedFields, parsePayload } from '../../core/model/participant.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { isRemovalOperation } from '../../core/model/terms.ts';
import type { FieldChanges, RunReport, SampleChange, SkipReason } from '../../core/model/terms.ts';
import { violatedGuard } from './guards.ts';
import { buildPlan } from './plan.ts';
import type { Progress, RunDeps } from '../run-context.ts';
import { RunWork } from '../run-work.ts';

export interface PlanRequest {
  readonly sync: SyncSettings;
  readonly full: boolean;
  /** Most changes, skips and invalid rows to show, of each. */
  readonly limit: number;
  readonly signal: AbortSignal;
  onProgress(progress: Progress): void;
  /** Sees every change. */
  onChanges?(changes: readonly PlannedChange[], codec: PayloadCodec): Promise<void>;
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
  readonly basis: Pick<PlanBasis, 'payloads' | 'mapping' | 'snapshot'>;
}

/** What a run would do, sending nothing; leaves one finished plan-only run on record. */
export async function planSync(request: PlanRequest, deps: RunDeps): Promise<SyncPlan> {
  const { sync, signal, onProgress } = request;
  const startedAt = new Date();
  const session = await deps.state.openSession(sync, { lock: false, trustSnapshot: !request.full });
  try {
    const samples: PlanSamples = { sample: [], skips: [], invalid: [] };
    const onPage = (page: PlanPage, projection: Projection): Promise<void> =>
      collectSamples(page, samples, { request, session, projection });
    // Before the snapshot is compared: whatever moves it meanwhile counts as having come later.
    const { stores, codec } = session;
    const snapshot = await stores.savedPlans.snapshotVersion();
    const work = new RunWork();
    const shutdown = { drain: signal, abort: signal };
    const context = { ...deps, sync, runId: null, stores, codec, shutdown, work, onProgress };
    const plan = await buildPlan(context, { full: request.full, onPage });
    if (sync.mode === 'update') {
      const missedKeys = await stores.plans.unknownKeys(request.limit - samples.skips.length);
      samples.skips.push(...missedKeys.map((key) => ({ key, reason: 'not_in_snapshot' as const })));
    }
    const guardError = violatedGuard(sync.guards, plan, null);
    const report = await stores.runs.recordPlanOnly({
      startedAt,
      destination: deps.destination.fingerprint,
      counts: plan.counts,
      work: work.counts(),
      freshness: work.freshness,
      status: guardError === null ? 'succeeded' : 'stopped',
      notes: plan.notes,
      reasons: plan.reasons,
      error: guardError === null ? null : { code: guardError.code, message: guardError.message, hint: guardError.hint },
    });
    const basis = { payloads: codec.payload, mapping: plan.projection.fingerprint, snapshot };
    return { report, ...samples, basis };
  } finally {
    await session.close();
  }
}

/** The first of each. */
interface PlanSamples {
  readonly sample: SampleChange[];
  readonly skips: SampleSkip[];
  readonly invalid: InvalidRow[];
}

interface SampleContext {
  readonly request: PlanRequest;
  readonly session: RunSession;
  readonly projection: Projection;
}

async function collectSamples(
  page: PlanPage,
  { sample, skips, invalid }: PlanSamples,
  context: SampleContext,
): Promise<void> {
  const { request, session } = context;
  const { limit } = request;
  sample.push(...(await sampleChanges(page.changes.slice(0, limit - sample.length), context)));
  skips.push(...page.skips.slice(0, limit - skips.length));
  invalid.push(...page.invalid.slice(0, limit - invalid.length));
  await request.onChanges?.(page.changes, session.codec);
}

async function sampleChanges(
  changes: readonly PlannedChange[],
  { session, projection }: SampleContext,
): Promise<readonly SampleChange[]> {
  if (changes.length === 0) return [];
  const { codec, stores } = session;
  const before = await stores.plans.payloads(changes.map((change) => change.key));
  return changes.map(({ key, operation, payload: sent, renamedFrom }) => {
    const email = parsePayload(sent).fields.email ?? key;
    if (isRemovalOperation(operation)) return { operation, email, fields: removalFields(sent) };
    const held = before.get(key);
    if (held === undefined) {
      const renamed = renamedFrom === undefined ? {} : { renamedFrom };
      return { operation, email, fields: codec.diff(key, null, sent), ...renamed };
    }
    const { differing, kept } = comparePayloads({ key, sent, held, heldBy: 'snapshot' }, projection, codec);
    const fields = Object.entries(differing).flatMap(([name, [now, old]]) =>
      now === null && old === null ? [] : [[name, [old, now]] as const],
    );
    return { operation, email, fields: Object.fromEntries(fields), ...(kept.length > 0 ? { kept } : {}) };
  });
}

/** What a mark or restore sets: settings, and nobody's data. What the Hub has there is not on record. */
function removalFields(sent: string): FieldChanges {
  const { email: _email, ...changes } = changedFields(null, parsePayload(sent));
  return changes;
}
