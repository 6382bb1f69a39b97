import { PanelsyncError } from '../../core/errors.ts';
import { textHash } from '../../core/model/hash.ts';
import type { SavedPlanHeader, PeopleDrift, SnapshotVersion } from '../../core/model/saved-plan.ts';
import type { SyncSettings } from '../../core/settings.ts';

/** What is no longer as it was when a plan was saved. */
export interface PlanDrift {
  readonly configuration: readonly string[];
  readonly destination: string | null;
  readonly snapshot: string | null;
  /** `null` where the same people would be sent, or where other settings make comparing them pointless. */
  readonly people: PeopleDrift | null;
}

/** What a plan is made of now. */
export interface PlanBasis extends Pick<SavedPlanHeader, 'payloads' | 'mapping' | 'destination' | 'snapshot'> {
  readonly sync: SyncSettings;
}

/** Everything that changed since a plan was saved; `null`: the plan still applies. */
export async function detectDrift(
  header: SavedPlanHeader,
  current: PlanBasis,
  compare: () => Promise<PeopleDrift>,
): Promise<PlanDrift | null> {
  const configuration = configurationDrift(header, current);
  const destination =
    header.destination === current.destination ? null : 'another address or wire profile (destination.baseUrl, .wire)';
  const snapshot = snapshotDrift(header.snapshot, current.snapshot);
  const people = configuration.length > 0 ? null : await peopleDrift(compare);
  // Another text of the model is no reason by itself; where other people come out of it, it is why.
  const modelEdited = people !== null && header.model !== textHash(current.sync.model.sql);
  const configurationDrifts = modelEdited ? [`the text of the model (${current.sync.model.location})`] : configuration;
  if (configurationDrifts.length === 0 && destination === null && snapshot === null && people === null) return null;
  return { configuration: configurationDrifts, destination, snapshot, people };
}

async function peopleDrift(compare: () => Promise<PeopleDrift>): Promise<PeopleDrift | null> {
  const people = await compare();
  return people.more + people.less + people.different === 0 ? null : people;
}

function configurationDrift(header: SavedPlanHeader, current: PlanBasis): readonly string[] {
  const mode = header.mode === current.sync.mode ? [] : [`mode (${header.mode} then, ${current.sync.mode} now)`];
  if (header.payloads !== current.payloads)
    return [...mode, `state.payload (${header.payloads} then, ${current.payloads} now)`];
  const mapping = 'the mapping, the rules for values, or the types of the mapped columns';
  return header.mapping === current.mapping ? mode : [...mode, mapping];
}

function snapshotDrift(saved: SnapshotVersion, current: SnapshotVersion): string | null {
  if (current.run !== saved.run && current.run !== null) return `${current.by} ${current.run} changed it`;
  if (current.people !== saved.people)
    return `it has ${formatPeople(current.people)}, and had ${formatPeople(saved.people)}`;
  if (current.content !== saved.content) return 'it has the same people with other values (verify --repair)';
  return current.resyncBefore === saved.resyncBefore ? null : 'everybody will be sent again (resync, run --full)';
}

/** Names nobody, because errors are stored and logged. */
export function driftError(
  header: SavedPlanHeader,
  { configuration, destination, snapshot, people }: PlanDrift,
): PanelsyncError {
  const lines = [
    ...(configuration.length > 0 ? [`configuration: ${configuration.join('; ')}`] : []),
    ...(destination === null ? [] : [`destination: ${destination}`]),
    ...(snapshot === null ? [] : [`snapshot: ${snapshot}`]),
    ...(people === null ? [] : [`people: ${people.more} more, ${people.less} fewer, ${people.different} different`]),
  ];
  return new PanelsyncError({
    code: 'plan_moved',
    recovery: 'fatal',
    message: `The saved plan of run ${header.runId} no longer applies:\n${lines.map((line) => `  ${line}`).join('\n')}`,
    hint: `Nothing was sent. panelsync plan ${header.sync} --out FILE saves a new one.`,
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
