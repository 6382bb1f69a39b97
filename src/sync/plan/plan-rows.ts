import type { ForgottenPeople } from '../../core/model/forgotten-people.ts';
import type { PayloadDifference } from '../../core/model/difference.ts';
import { isHashedPayload } from '../../core/model/payload-codec.ts';
import type { PayloadCodec } from '../../core/model/payload-codec.ts';
import type {
  Candidate,
  Difference,
  IdentifiedPerson,
  InvalidRow,
  PlanCounts,
  PlannedChange,
  PlanPage,
  PlanRecorder,
  RefreshedRow,
} from '../../core/ports/run/plan-store.ts';
import type { Formats } from '../../core/ports/formats.ts';
import type { Projection } from '../../core/model/projection.ts';
import { OmittedValues } from '../../core/model/rules/omitted-values.ts';
import type { OmittedField } from '../../core/model/rules/omitted-values.ts';
import { ReasonCounter, unlistedReason } from '../../core/model/rules/reason-counter.ts';
import { suppressionReasons, zeroSkipCounts } from '../../core/model/terms.ts';
import type { Operation, Payload, ReasonCount, SkipReason } from '../../core/model/terms.ts';
import type { Spool } from '../../lib/spool.ts';
import type { BucketComparison } from './stage/bucket-comparison.ts';
import { compareWithHeld, readRow, withWriteRules } from './candidate-row.ts';
import type { CandidateRow } from './candidate-row.ts';
import { decide } from './decide.ts';
import type { RowState } from './decide.ts';
import type { StageResult } from './stage/stage.ts';
import { planRemovals } from './plan-removals.ts';
import { findRenames } from './renames.ts';
import { validate } from './validate.ts';

export interface PlanRowsOptions {
  readonly projection: Projection;
  readonly formats: Formats;
  readonly codec: PayloadCodec;
  readonly forgotten: ForgottenPeople | null;
  /** Fingerprint of the destination. */
  readonly destination: string;
  readonly stageResult: StageResult;
  readonly difference: Difference;
  readonly spool: Spool;
  /** What the snapshot holds of these keys. */
  payloads(keys: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Learns which rows the next run has to read again; `null`: nothing is remembered. */
  readonly buckets: BucketComparison | null;
  onRows(planned: number): void;
  /** Sees every page before it is recorded. */
  readonly onPage?: ((page: PlanPage) => Promise<void>) | undefined;
}

export interface PlannedRows {
  readonly counts: PlanCounts;
  /** People whose values the Hub keeps although the model no longer has them. */
  readonly keptPeople: number;
  /** Invalid values that were left out of the rows that are sent. */
  readonly omitted: readonly OmittedField[];
  /** Why rows are not sent that the mode would send, most frequent first. */
  readonly reasons: readonly ReasonCount[];
}

/** A page under construction. */
interface PageDraft {
  readonly changes: PlannedChange[];
  readonly skips: { readonly key: string; readonly reason: SkipReason }[];
  readonly invalid: InvalidRow[];
  readonly refreshed: RefreshedRow[];
  readonly identities: IdentifiedPerson[];
  unchanged: number;
  forgotten: number;
  keptPeople: number;
}

/** What is counted over all pages. */
interface PlanRowsContext extends PlanRowsOptions {
  readonly omitted: OmittedValues;
  readonly reasons: ReasonCounter;
}

/** Decides about every candidate and records the decisions; only here rows are normalised and validated. */
export async function planRows(options: PlanRowsOptions, recorder: PlanRecorder): Promise<PlannedRows> {
  let counts = countsBeforeCandidates(options);
  rememberFindings(options);
  const invalidKeyPage: PlanPage = {
    changes: [],
    skips: [],
    invalid: options.stageResult.invalidKeyRows,
    refreshed: [],
    forgotten: 0,
    identities: [],
  };
  await options.onPage?.(invalidKeyPage);
  await recorder.add(invalidKeyPage);
  const omitted = new OmittedValues(options.projection);
  const context: PlanRowsContext = { ...options, omitted, reasons: new ReasonCounter() };
  let planned = 0;
  let keptPeople = 0;
  for await (const candidates of recorder.candidates()) {
    const draft = await planPage(candidates, context);
    const page = { ...draft, changes: await findRenames(draft.changes, options.difference, recorder) };
    await options.onPage?.(page);
    await recorder.add(page);
    counts = addPage(counts, page);
    planned += candidates.length;
    keptPeople += page.keptPeople;
    options.onRows(planned);
  }
  counts = { ...counts, ...(await planRemovals(options, recorder)) };
  await recorder.commit(counts);
  return { counts, keptPeople, omitted: omitted.counts(), reasons: reasonsOf(context, counts) };
}

function reasonsOf({ reasons, stageResult }: PlanRowsContext, { skips }: PlanCounts): readonly ReasonCount[] {
  const { invalidKeyRows, invalidKeys } = stageResult;
  for (const { errors } of invalidKeyRows) reasons.addInvalid(errors);
  reasons.add({ ...unlistedReason, count: invalidKeys - invalidKeyRows.length });
  for (const reason of ['rejected_before', ...suppressionReasons] as const) {
    reasons.add({ reason, field: null, message: null, count: skips[reason] });
  }
  return reasons.top();
}

/** Rows of equal buckets count as they did when they were last looked at. */
function countsBeforeCandidates({ stageResult, difference, projection }: PlanRowsOptions): PlanCounts {
  const { equal } = stageResult;
  const skips = { ...zeroSkipCounts, not_in_snapshot: difference.notInSnapshot, forgotten: difference.forgotten };
  skips[projection.sync.mode === 'update' ? 'not_in_snapshot' : 'already_in_snapshot'] += equal.skipped;
  return {
    read: stageResult.read,
    duplicate: difference.duplicate,
    invalid: stageResult.invalidKeys,
    unchanged: difference.unchanged + equal.rows - equal.skipped,
    skips,
    inserts: 0,
    updates: 0,
    removed: difference.removed,
    renames: 0,
    marks: 0,
    restores: 0,
  };
}

function rememberFindings({ buckets, difference }: PlanRowsOptions): void {
  for (const hash of difference.buckets?.unstable ?? []) buckets?.markUnstable(hash);
  for (const { bucket, rows } of difference.buckets?.skipped ?? []) buckets?.addSkipped(bucket, rows);
}

async function planPage(candidates: readonly Candidate[], options: PlanRowsContext): Promise<PageDraft> {
  const draft: PageDraft = {
    changes: [],
    skips: [],
    invalid: [],
    refreshed: [],
    unchanged: 0,
    forgotten: 0,
    keptPeople: 0,
    identities: [],
  };
  const lines = await options.spool.lines(candidates.map((candidate) => candidate.position));
  const rows = candidates.map((candidate, at) => readRow(candidate, lines[at] ?? '', options));
  const keys = rows.filter(({ needsHeld }) => needsHeld).map(({ candidate }) => candidate.key);
  const held = keys.length === 0 ? new Map<string, string>() : await options.payloads(keys);
  for (const row of rows) {
    const { candidate, identity } = row;
    if (identity !== null && candidate.inSnapshot) draft.identities.push({ key: candidate.key, identity });
    const rowHeld = row.needsHeld ? (held.get(candidate.key) ?? null) : null;
    planRow(rowHeld === null ? row : withWriteRules(row, rowHeld, options), rowHeld, options, draft);
  }
  return draft;
}

/** Puts one row where it belongs; `held` is what the snapshot has where that differs. Rows that the mode skips are not validated. */
function planRow(row: CandidateRow, held: string | null, options: PlanRowsContext, draft: PageDraft): void {
  const { projection, codec } = options;
  const { key, rowHash } = row.candidate;
  if (isForgotten(key, row.payload, options)) {
    draft.forgotten += 1;
    options.buckets?.markKeyUnstable(key);
    return;
  }
  const difference = compareWithHeld(row, held, options);
  const keptPeople = (difference?.kept.length ?? 0) > 0 ? 1 : 0;
  const decision = decide(projection.sync.mode, rowState(row, difference, options));
  switch (decision) {
    case 'unchanged':
      draft.refreshed.push({ key, rowHash, restored: restoredPayload(row, held, codec) });
      draft.unchanged += 1;
      draft.keptPeople += keptPeople;
      return;
    case 'already_in_snapshot':
      draft.skips.push({ key, reason: decision });
      options.buckets?.addSkippedKey(key);
      return;
    case 'not_in_snapshot':
    case 'rejected_before':
    case 'deleted_in_hub':
    case 'forgotten':
    case 'outcome_unknown':
      draft.skips.push({ key, reason: decision });
      options.buckets?.markKeyUnstable(key);
      return;
    case 'insert':
    case 'update':
      addChange(row, { keptPeople, planned: planChange(row, decision, options) }, options, draft);
  }
}

type CountedPage = Omit<PageDraft, 'changes'> & Pick<PlanPage, 'changes'>;

interface Change {
  /** One if the Hub keeps values of the person that the model no longer has. */
  readonly keptPeople: 0 | 1;
  readonly planned: PlannedChange | InvalidRow;
}

function addChange(
  row: CandidateRow,
  { keptPeople, planned }: Change,
  options: PlanRowsContext,
  draft: PageDraft,
): void {
  if ('errors' in planned) {
    draft.invalid.push(planned);
    options.reasons.addInvalid(planned.errors);
    options.buckets?.markKeyUnstable(planned.key);
    return;
  }
  draft.changes.push(planned);
  draft.keptPeople += keptPeople;
  options.omitted.add(row);
}

function planChange(
  { candidate, payload, text, stored, errors, identity }: CandidateRow,
  operation: Operation,
  { formats, codec }: PlanRowsOptions,
): PlannedChange | InvalidRow {
  const { key, rowHash, previouslyRejected } = candidate;
  const allErrors = [...errors, ...validate(payload, formats)];
  if (allErrors.length > 0) return { key, email: payload.fields.email ?? null, errors: allErrors };
  const payloadHash = codec.payloadHash(key, stored ?? text);
  const change = { key, operation, rowHash, payloadHash, payload: text, previouslyRejected };
  return { ...change, ...(stored === null ? {} : { stored }), ...(identity === null ? {} : { identity }) };
}

function isForgotten(key: string, payload: Payload, { forgotten, projection }: PlanRowsOptions): boolean {
  if (forgotten === null) return false;
  return forgotten.hasKey(key) || (projection.sync.key !== null && forgotten.hasEmail(payload.fields.email));
}

function rowState(
  { candidate, text, stored, errors, matches }: CandidateRow,
  difference: PayloadDifference | null,
  { codec, destination }: PlanRowsOptions,
): RowState {
  const { key, known, inSnapshot, rejected, suppression } = candidate;
  const comesToTheSame = difference !== null && errors.length === 0 && Object.keys(difference.differing).length === 0;
  const payloadRejected =
    errors.length === 0 &&
    rejected?.destination === destination &&
    codec.matches(rejected.payloadHash, key, stored ?? text);
  return { known, inSnapshot, unchanged: matches || comesToTheSame, payloadRejected, suppression };
}

/** What has to be written again of an unchanged row whose payload was stored as hashes until now. */
function restoredPayload(
  { candidate, text, stored }: CandidateRow,
  held: string | null,
  codec: PayloadCodec,
): RefreshedRow['restored'] {
  // Values that the snapshot alone has cannot be restored from their hashes.
  if (stored !== null) return null;
  if (codec.payload === 'hashed' || (held !== null && !isHashedPayload(held))) return null;
  const payloadHash = codec.payloadHash(candidate.key, text);
  return payloadHash === candidate.payloadHash ? null : { payloadHash, payload: text };
}

function addPage(counts: PlanCounts, page: CountedPage): PlanCounts {
  const skips = { ...counts.skips, forgotten: counts.skips.forgotten + page.forgotten };
  for (const { reason } of page.skips) skips[reason] += 1;
  const inserts = page.changes.filter(({ operation }) => operation === 'insert').length;
  return {
    ...counts,
    skips,
    invalid: counts.invalid + page.invalid.length,
    unchanged: counts.unchanged + page.unchanged,
    inserts: counts.inserts + inserts,
    updates: counts.updates + page.changes.length - inserts,
    renames: counts.renames + page.changes.filter(({ renamedFrom }) => renamedFrom !== undefined).length,
  };
}
