import { splitCopyLine } from '../../lib/copy-text.ts';
import type { ForgottenPeople } from '../../core/model/forgotten-people.ts';
import type { PayloadCodec } from '../../core/model/payload-codec.ts';
import type {
  Candidate,
  Difference,
  InvalidRow,
  PlanCounts,
  PlannedChange,
  PlanPage,
  PlanRecorder,
  RefreshedRow,
} from '../../core/ports/run/plan-store.ts';
import { canonicalText, toParticipant } from '../../core/model/participant.ts';
import type { Formats } from '../../core/ports/formats.ts';
import type { Projection } from '../../core/model/projection.ts';
import { zeroSkipCounts } from '../../core/model/terms.ts';
import type { Payload, SkipReason } from '../../core/model/terms.ts';
import type { Spool } from '../../lib/spool.ts';
import { decide } from './decide.ts';
import type { RowState } from './decide.ts';
import type { StageResult } from './stage.ts';
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
  onRows(planned: number): void;
  /** Sees every page before it is recorded. */
  readonly onPage?: ((page: PlanPage) => Promise<void>) | undefined;
}

/** A page under construction. */
interface PageDraft {
  readonly changes: PlannedChange[];
  readonly skips: { readonly key: string; readonly reason: SkipReason }[];
  readonly invalid: InvalidRow[];
  readonly refreshed: RefreshedRow[];
  unchanged: number;
  forgotten: number;
}

/** Decides about every candidate and records the decisions; only here rows are normalised and validated. */
export async function planRows(options: PlanRowsOptions, recorder: PlanRecorder): Promise<PlanCounts> {
  const { stageResult, difference } = options;
  let counts: PlanCounts = {
    read: stageResult.read,
    duplicate: difference.duplicate,
    invalid: stageResult.invalidKeys,
    unchanged: difference.unchanged,
    skips: { ...zeroSkipCounts, not_in_snapshot: difference.notInSnapshot, forgotten: difference.forgotten },
    inserts: 0,
    updates: 0,
    removed: difference.removed,
  };
  const invalidKeyPage: PlanPage = {
    changes: [],
    skips: [],
    invalid: stageResult.invalidKeyRows,
    refreshed: [],
    forgotten: 0,
  };
  await options.onPage?.(invalidKeyPage);
  await recorder.add(invalidKeyPage);
  let planned = 0;
  for await (const candidates of recorder.candidates()) {
    const page = await planPage(candidates, options);
    await options.onPage?.(page);
    await recorder.add(page);
    counts = addPage(counts, page);
    planned += candidates.length;
    options.onRows(planned);
  }
  await recorder.commit(counts);
  return counts;
}

async function planPage(candidates: readonly Candidate[], options: PlanRowsOptions): Promise<PageDraft> {
  const draft: PageDraft = { changes: [], skips: [], invalid: [], refreshed: [], unchanged: 0, forgotten: 0 };
  const lines = await options.spool.lines(candidates.map((candidate) => candidate.position));
  for (const [at, candidate] of candidates.entries()) planRow(candidate, lines[at] ?? '', options, draft);
  return draft;
}

/** Puts one row where it belongs. A row that the mode does not want is not worth a fault. */
function planRow(candidate: Candidate, line: string, options: PlanRowsOptions, draft: PageDraft): void {
  const { projection, formats, codec } = options;
  const { key, rowHash, previouslyRejected } = candidate;
  const { payload, errors } = toParticipant(splitCopyLine(line), projection, formats);
  if (isForgotten(key, payload, options)) {
    draft.forgotten += 1;
    return;
  }
  const text = canonicalText(payload);
  // What is at fault is missing from the payload: it stands for the row only without faults.
  const decision = decide(projection.sync.mode, rowState(candidate, errors.length === 0 ? text : null, options));
  switch (decision) {
    case 'unchanged':
      draft.refreshed.push({ key, rowHash, restored: restoredPayload(candidate, text, codec) });
      draft.unchanged += 1;
      return;
    case 'not_in_snapshot':
    case 'already_in_snapshot':
    case 'rejected_before':
    case 'deleted_in_hub':
    case 'forgotten':
    case 'outcome_unknown':
      draft.skips.push({ key, reason: decision });
      return;
    case 'insert':
    case 'update': {
      const allErrors = [...errors, ...validate(payload, formats)];
      if (allErrors.length > 0) draft.invalid.push({ key, email: payload.fields.email ?? null, errors: allErrors });
      else {
        const payloadHash = codec.payloadHash(key, text);
        draft.changes.push({ key, operation: decision, rowHash, payloadHash, payload: text, previouslyRejected });
      }
    }
  }
}

function isForgotten(key: string, payload: Payload, { forgotten, projection }: PlanRowsOptions): boolean {
  if (forgotten === null) return false;
  return forgotten.hasKey(key) || (projection.sync.key !== null && forgotten.hasEmail(payload.fields.email));
}

/** `text` is the payload that the row stands for, `null` where faults keep it from standing for one. */
function rowState(candidate: Candidate, text: string | null, { codec, destination }: PlanRowsOptions): RowState {
  const { key, known, payloadHash, rejected, suppression } = candidate;
  const isSame = (stored: string | undefined | null): boolean =>
    text !== null && typeof stored === 'string' && codec.matches(stored, key, text);
  const payloadRejected = rejected?.destination === destination && isSame(rejected.payloadHash);
  return { known, unchanged: isSame(payloadHash), payloadRejected, suppression };
}

/** What has to be written again of an unchanged row whose payload was kept as hashes until now. */
function restoredPayload(candidate: Candidate, text: string, codec: PayloadCodec): RefreshedRow['restored'] {
  if (codec.payload === 'hashed') return null;
  const payloadHash = codec.payloadHash(candidate.key, text);
  return payloadHash === candidate.payloadHash ? null : { payloadHash, payload: text };
}

function addPage(counts: PlanCounts, page: PageDraft): PlanCounts {
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
  };
}
