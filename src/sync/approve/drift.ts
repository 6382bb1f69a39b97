import { PanelsyncError } from '../../core/errors.ts';
import { textHash } from '../../core/model/hash.ts';
import type {
  GuardedCounts,
  SavedPlanOrigin,
  PeopleDrift,
  SnapshotVersion,
} from '../../core/model/saved-plan/saved-plan.ts';
import type { SyncSettings } from '../../core/settings.ts';

/** What is no longer as it was when a plan was saved. */
export interface PlanDrift {
  readonly configuration: readonly string[];
  readonly destination: string | null;
  readonly snapshot: string | null;
  /** Numbers of rows that guards look at, where a person agreed to them. */
  readonly counts: readonly string[];
  /** `null` where the same people would be sent, or where other settings make comparing them pointless. */
  readonly people: PeopleDrift | null;
}

/** What a plan is made of now. */
export interface CurrentPlan extends Pick<SavedPlanOrigin, 'payloads' | 'mapping' | 'destination' | 'snapshot'> {
  readonly sync: SyncSettings;
  readonly rows: GuardedCounts;
}

/** What a saved plan was made of, and the numbers that stand in the place of the guards. */
export interface ComparedPlan extends SavedPlanOrigin {
  readonly agreedRows?: GuardedCounts;
}

/** Everything that changed since a plan was saved; `null`: the plan still applies. */
export async function detectDrift(
  origin: ComparedPlan,
  current: CurrentPlan,
  compare: () => Promise<PeopleDrift>,
): Promise<PlanDrift | null> {
  const configuration = configurationDrift(origin, current);
  const destination =
    origin.destination === current.destination ? null : 'another address or wire profile (destination.baseUrl, .wire)';
  const snapshot = snapshotDrift(origin.snapshot, current.snapshot);
  const people = configuration.length > 0 ? null : await peopleDrift(compare);
  // Another text of the model is no reason by itself; where other people come out of it, it is why.
  const modelEdited = people !== null && origin.model !== textHash(current.sync.model.sql);
  const configurationDrifts = modelEdited ? [`the text of the model (${current.sync.model.location})`] : configuration;
  const counts = configuration.length > 0 ? [] : countDrift(origin.agreedRows ?? current.rows, current.rows);
  const hasDrifted = configurationDrifts.length + counts.length > 0 || (destination ?? snapshot ?? people) !== null;
  return hasDrifted ? { configuration: configurationDrifts, destination, snapshot, counts, people } : null;
}

async function peopleDrift(compare: () => Promise<PeopleDrift>): Promise<PeopleDrift | null> {
  const people = await compare();
  return people.more + people.less + people.different === 0 ? null : people;
}

function configurationDrift(origin: SavedPlanOrigin, current: CurrentPlan): readonly string[] {
  const mode = origin.mode === current.sync.mode ? [] : [`mode (${origin.mode} then, ${current.sync.mode} now)`];
  if (origin.payloads !== current.payloads)
    return [...mode, `state.payload (${origin.payloads} then, ${current.payloads} now)`];
  const mapping = 'the mapping, the rules for values, or the types of the mapped columns';
  return origin.mapping === current.mapping ? mode : [...mode, mapping];
}

function snapshotDrift(saved: SnapshotVersion, current: SnapshotVersion): string | null {
  if (current.run !== saved.run && current.run !== null) return `${current.by} ${current.run} changed it`;
  if (current.people !== saved.people)
    return `it has ${formatPeople(current.people)}, and had ${formatPeople(saved.people)}`;
  if (current.content !== saved.content) return 'it has the same people with other values (verify --repair)';
  return current.resyncBefore === saved.resyncBefore ? null : 'everybody will be sent again (resync, run --full)';
}

/** They may differ where the same people would be sent: what was agreed to were these numbers, too. */
function countDrift(saved: GuardedCounts, current: GuardedCounts): readonly string[] {
  const names = ['removed', 'invalid'] as const;
  return names.flatMap((name) =>
    saved[name] === current[name] ? [] : [`${saved[name]} ${name} then, ${current[name]} now`],
  );
}

/** Names nobody, because errors are stored and logged. */
export function driftError(
  origin: SavedPlanOrigin,
  { configuration, destination, snapshot, counts, people }: PlanDrift,
  hint: string,
): PanelsyncError {
  const lines = [
    ...(configuration.length > 0 ? [`configuration: ${configuration.join('; ')}`] : []),
    ...(destination === null ? [] : [`destination: ${destination}`]),
    ...(snapshot === null ? [] : [`snapshot: ${snapshot}`]),
    ...(counts.length > 0 ? [`rows: ${counts.join('; ')}`] : []),
    ...(people === null ? [] : [`people: ${people.more} more, ${people.less} fewer, ${people.different} different`]),
  ];
  return new PanelsyncError({
    code: 'plan_moved',
    recovery: 'fatal',
    message: `The saved plan of run ${origin.runId} no longer applies:\n${lines.map((line) => `  ${line}`).join('\n')}`,
    hint,
  });
}

/** They would be sent again before the plan is made, and nobody has agreed to that. */
export function unknownBatchesError(batches: number, sync: string): PanelsyncError {
  const what = batches === 1 ? '1 batch of an earlier run has' : `${batches} batches of earlier runs have`;
  return new PanelsyncError({
    code: 'plan_open_batches',
    recovery: 'fatal',
    message: `${what} an unknown outcome, so the snapshot is about to change.`,
    hint: `Nothing was sent. panelsync run ${sync} (or panelsync resolve) settles that. Then plan again.`,
  });
}

function formatPeople(count: number): string {
  return count === 1 ? '1 person' : `${count} people`;
}
