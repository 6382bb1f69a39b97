import { PanelsyncError } from '../../core/errors.ts';
import { textHash } from '../../core/model/hash.ts';
import type { KeptHeader, PeopleMoved, SnapshotMark } from '../../core/model/saved-plan.ts';
import type { SyncSettings } from '../../core/settings.ts';

/** What is not as it was when a plan was kept. */
export interface Moved {
  readonly configuration: readonly string[];
  readonly destination: string | null;
  readonly snapshot: string | null;
  /** `null` where the same people would be sent, or where other settings make comparing them pointless. */
  readonly people: PeopleMoved | null;
}

/** What a plan is made of now. */
export interface Basis extends Pick<KeptHeader, 'payloads' | 'mapping' | 'destination' | 'snapshot'> {
  readonly sync: SyncSettings;
}

/** Everything that moved since a plan was kept; `null`: nothing did, and it holds. */
export async function whatMoved(
  header: KeptHeader,
  now: Basis,
  compare: () => Promise<PeopleMoved>,
): Promise<Moved | null> {
  const configuration = configurationMoved(header, now);
  const destination =
    header.destination === now.destination ? null : 'another address or wire profile (destination.baseUrl, .wire)';
  const snapshot = snapshotMoved(header.snapshot, now.snapshot);
  const people = configuration.length > 0 ? null : await peopleMoved(compare);
  // Another text of the model is no reason by itself; where other people come out of it, it is why.
  const edited = people !== null && header.model !== textHash(now.sync.model.sql);
  const settings = edited ? [`the text of the model (${now.sync.model.from})`] : configuration;
  if (settings.length === 0 && destination === null && snapshot === null && people === null) return null;
  return { configuration: settings, destination, snapshot, people };
}

async function peopleMoved(compare: () => Promise<PeopleMoved>): Promise<PeopleMoved | null> {
  const people = await compare();
  return people.more + people.less + people.different === 0 ? null : people;
}

function configurationMoved(header: KeptHeader, now: Basis): readonly string[] {
  const mode = header.mode === now.sync.mode ? [] : [`mode (${header.mode} then, ${now.sync.mode} now)`];
  if (header.payloads !== now.payloads)
    return [...mode, `state.payload (${header.payloads} then, ${now.payloads} now)`];
  const mapping = 'the mapping, the rules for values, or the types of the columns it names';
  return header.mapping === now.mapping ? mode : [...mode, mapping];
}

function snapshotMoved(then: SnapshotMark, now: SnapshotMark): string | null {
  if (now.run !== then.run && now.run !== null) return `${now.by} ${now.run} moved it`;
  if (now.people !== then.people) return `it holds ${persons(now.people)}, and held ${persons(then.people)}`;
  if (now.content !== then.content) return 'it holds the same people with other values (verify --repair)';
  return now.resyncBefore === then.resyncBefore ? null : 'everybody is to be sent again (resync, run --full)';
}

/** Names nobody: errors are kept and logged. */
export function movedError(
  header: KeptHeader,
  { configuration, destination, snapshot, people: who }: Moved,
): PanelsyncError {
  const told = [
    ...(configuration.length > 0 ? [`configuration: ${configuration.join('; ')}`] : []),
    ...(destination === null ? [] : [`destination: ${destination}`]),
    ...(snapshot === null ? [] : [`snapshot: ${snapshot}`]),
    ...(who === null ? [] : [`people: ${who.more} more, ${who.less} less, ${who.different} different`]),
  ];
  return new PanelsyncError({
    code: 'plan_moved',
    recovery: 'fatal',
    message: `The kept plan of run ${header.runId} does not hold any more:\n${told.map((line) => `  ${line}`).join('\n')}`,
    hint: `Nothing was sent. panelsync plan ${header.sync} --out FILE keeps a new one.`,
  });
}

/** They would be sent again before the plan is made, and nobody has agreed to that. */
export function openBatchesError(batches: number, sync: string): PanelsyncError {
  const what = batches === 1 ? '1 batch of an earlier run has' : `${batches} batches of earlier runs have`;
  return new PanelsyncError({
    code: 'plan_open_batches',
    recovery: 'fatal',
    message: `${what} an unknown outcome, so the snapshot is about to move.`,
    hint: `Nothing was sent. panelsync run ${sync} (or panelsync resolve) settles that; then plan again.`,
  });
}

function persons(count: number): string {
  return count === 1 ? '1 person' : `${count} people`;
}
