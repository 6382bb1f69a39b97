/** Saved plans: what they were made of, their form in a file, and how they differ from the present. */

import { PanelsyncError } from '../../errors.ts';
import { textHash } from '../hash.ts';
import type { PayloadCodec } from '../payload-codec.ts';
import { modes } from '../terms.ts';
import type { ChangeOperation, FieldChanges, Mode, RowCounts, SkipCounts } from '../terms.ts';

const formatVersion = 1;

/** Tells one state of a sync's snapshot from another. */
export interface SnapshotVersion {
  /** The run or baseline that put people into it last; `null` while it is empty. */
  readonly run: string | null;
  readonly by: 'run' | 'baseline';
  readonly people: number;
  /** Sum over all keys and payload hashes. */
  readonly content: string;
  /** Runs with a smaller number count as not there: the line that a resync draws. */
  readonly resyncBefore: string;
}

/** What a plan was made from, beside what its run says. */
export interface PlanBasis {
  /** Planned as if the snapshot were empty. */
  readonly full: boolean;
  readonly payloads: PayloadCodec['payload'];
  /** Fingerprints of the mapping laid over the model's columns, and of the model's text. */
  readonly mapping: string;
  readonly model: string;
  readonly snapshot: SnapshotVersion;
}

/** As much of a saved plan as is compared with the present, besides its changes. */
export interface SavedPlanOrigin extends PlanBasis {
  readonly sync: string;
  /** The run that the plan is on record as. */
  readonly runId: string;
  readonly mode: Mode;
  /** Fingerprint. */
  readonly destination: string;
}

/** Rows of a plan that guards look at, besides how many the model has. */
export type GuardedCounts = Pick<RowCounts, 'invalid' | 'removed'>;

/** First line of a saved plan: what it was made from, and its result. */
export interface SavedPlanHeader extends SavedPlanOrigin {
  readonly panelsync: 'plan';
  readonly version: typeof formatVersion;
  readonly createdAt: string;
  readonly rows: RowCounts;
  readonly skips: SkipCounts;
}

/** A change in a saved plan. */
export interface SavedChange {
  /** The person's key; a keyed hash of it where payloads are kept as hashes. */
  readonly key: string;
  readonly operation: ChangeOperation;
  readonly payloadHash: string;
  /** Canonical payload text; `null` where payloads are kept as hashes. */
  readonly payload: string | null;
}

/** A person whose change differs from the saved plan. */
export interface DriftedPerson {
  /** Their key where the payload holds no e-mail; `null` where only a hash of it was kept. */
  readonly email: string | null;
  /** `null`: the saved plan does not have them. */
  readonly planned: ChangeOperation | null;
  /** `null`: they would not be sent any more. */
  readonly now: ChangeOperation | null;
  /** Where both hold them: what differs, as planned and now. */
  readonly fields: FieldChanges;
}

/** How the changes of a plan differ from those of a saved one. */
export interface PeopleDrift {
  readonly more: number;
  readonly less: number;
  readonly different: number;
  /** The first of each. */
  readonly sample: readonly DriftedPerson[];
}

export function formatHeader(header: Omit<SavedPlanHeader, 'panelsync' | 'version'>): string {
  const fullHeader: SavedPlanHeader = { panelsync: 'plan', version: formatVersion, ...header };
  return JSON.stringify(fullHeader);
}

/** A change as a line of the file; where payloads are kept as hashes, with hashes only. */
export function formatChange(seq: number, change: SavedChange, codec: PayloadCodec): string {
  const { key, operation, payloadHash, payload } = change;
  const prefix = JSON.stringify({ seq, key: codec.planKey(key), operation, payloadHash });
  return codec.payload === 'hashed' ? prefix : `${prefix.slice(0, -1)},"payload":${String(payload)}}`;
}

export function parseHeader(line: string, file: string): SavedPlanHeader {
  const header = parseObject(line);
  if (header['panelsync'] === 'plan' && header['version'] !== formatVersion) {
    const message = `${file} was written by a version of panelsync that saves plans in another format.`;
    throw planFileError('plan_file_version', message, 'Apply it with that version, or plan again with this one.');
  }
  if (header['panelsync'] === 'plan' && isHeader(header)) return header;
  const hint = 'Name a file that panelsync plan <sync> --out wrote.';
  throw planFileError('plan_file_foreign', `${file} is not a saved plan of panelsync.`, hint);
}

/** Whether a file that begins with this line is a saved plan, of this version or another. */
export function isPlanHeader(line: string): boolean {
  return parseObject(line)['panelsync'] === 'plan';
}

function isHeader(header: object): header is SavedPlanHeader {
  const {
    sync,
    runId,
    mode,
    mapping,
    destination,
    model,
    snapshot,
    rows,
  }: Partial<Record<keyof SavedPlanHeader, unknown>> = header;
  return (
    [sync, runId, mapping, destination, model].every((text) => typeof text === 'string') &&
    modes.some((known) => known === mode) &&
    [snapshot, rows].every((part) => typeof part === 'object' && part !== null)
  );
}

/** The change that a line holds; `seq` is the number that it must have. */
export function parseChange(line: string, seq: number, file: string): SavedChange {
  const change = parseObject(line);
  const { key, operation, payloadHash, payload } = change;
  const text = payload === undefined ? null : JSON.stringify(payload);
  if (
    change['seq'] === seq &&
    typeof key === 'string' &&
    typeof payloadHash === 'string' &&
    /^[0-9a-f]{32}$/.test(payloadHash) &&
    isChangeOperation(operation) &&
    (text === null || textHash(text) === payloadHash)
  )
    return { key, operation, payloadHash, payload: text };
  const message = `${file} was changed: line ${seq + 1} is not as panelsync wrote it.`;
  throw planFileError('plan_file_changed', message, 'Get the original again, or plan again.');
}

function isChangeOperation(word: unknown): word is ChangeOperation {
  return word === 'insert' || word === 'update' || word === 'mark' || word === 'restore';
}

/** What a line holds by name; nothing where it is no JSON object. */
function parseObject(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' ? { ...value } : {};
  } catch {
    return {};
  }
}

function planFileError(code: string, message: string, hint: string): PanelsyncError {
  return new PanelsyncError({ code, recovery: 'usage', message, hint });
}
