import { copyFields } from '../../lib/copy-text.ts';
import type { ForgottenPeople } from '../../core/model/forgotten-people.ts';
import type { Keeping } from '../../core/model/payload-codec.ts';
import type {
  Candidate,
  Difference,
  InvalidRow,
  PlanCounts,
  PlannedChange,
  PlanPage,
  PlanRecorder,
  RefreshedRow,
} from '../../core/ports/run-store.ts';
import { canonicalText, participantOf } from '../../core/model/participant.ts';
import type { Formats } from '../../core/ports/ports.ts';
import type { Projection } from '../../core/model/projection.ts';
import { noSkips } from '../../core/model/terms.ts';
import type { Payload, SkipReason } from '../../core/model/terms.ts';
import type { Spool } from '../../lib/spool.ts';
import { decide } from './decide.ts';
import type { Standing } from './decide.ts';
import type { Staged } from './stage.ts';
import { validate } from './validate.ts';

export interface PlanInput {
  readonly projection: Projection;
  readonly formats: Formats;
  readonly keeping: Keeping;
  readonly forgotten: ForgottenPeople | null;
  /** Fingerprint of the destination. */
  readonly destination: string;
  readonly staged: Staged;
  readonly difference: Difference;
  readonly spool: Spool;
  onRows(planned: number): void;
  /** Sees every page before it is recorded. */
  readonly onPage?: ((page: PlanPage) => Promise<void>) | undefined;
}

/** A page under construction. */
interface Draft {
  readonly changes: PlannedChange[];
  readonly skips: { readonly key: string; readonly reason: SkipReason }[];
  readonly invalid: InvalidRow[];
  readonly refreshed: RefreshedRow[];
  unchanged: number;
  forgotten: number;
}

/** Decides about every candidate and records the decisions; only here rows are normalised and validated. */
export async function planRows(input: PlanInput, recorder: PlanRecorder): Promise<PlanCounts> {
  const { staged, difference } = input;
  let counts: PlanCounts = {
    read: staged.read,
    duplicate: difference.duplicate,
    invalid: staged.keyless,
    unchanged: difference.unchanged,
    skips: { ...noSkips, not_in_snapshot: difference.notInSnapshot, forgotten: difference.forgotten },
    inserts: 0,
    updates: 0,
    removed: difference.removed,
  };
  const keyless: PlanPage = { changes: [], skips: [], invalid: staged.listed, refreshed: [], forgotten: 0 };
  await input.onPage?.(keyless);
  await recorder.add(keyless);
  let planned = 0;
  for await (const candidates of recorder.candidates()) {
    const page = await planPage(candidates, input);
    await input.onPage?.(page);
    await recorder.add(page);
    counts = addPage(counts, page);
    planned += candidates.length;
    input.onRows(planned);
  }
  await recorder.commit(counts);
  return counts;
}

async function planPage(candidates: readonly Candidate[], input: PlanInput): Promise<Draft> {
  const draft: Draft = { changes: [], skips: [], invalid: [], refreshed: [], unchanged: 0, forgotten: 0 };
  const lines = await input.spool.lines(candidates.map((candidate) => candidate.position));
  for (const [at, candidate] of candidates.entries()) place(candidate, lines[at] ?? '', input, draft);
  return draft;
}

/** Puts one row where it belongs. A row that the mode does not want is not worth a fault. */
function place(candidate: Candidate, line: string, input: PlanInput, draft: Draft): void {
  const { projection, formats, keeping } = input;
  const { key, rowHash, suspect } = candidate;
  const { payload, faults } = participantOf(copyFields(line), projection, formats);
  if (isForgotten(key, payload, input)) {
    draft.forgotten += 1;
    return;
  }
  const text = canonicalText(payload);
  // What is at fault is missing from the payload: it stands for the row only without faults.
  const decision = decide(projection.sync.mode, standing(candidate, faults.length === 0 ? text : null, input));
  switch (decision) {
    case 'unchanged':
      draft.refreshed.push({ key, rowHash, restored: restored(candidate, text, keeping) });
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
      const all = [...faults, ...validate(payload, formats)];
      if (all.length > 0) draft.invalid.push({ key, email: payload.fields.email ?? null, faults: all });
      else {
        const payloadHash = keeping.payloadHash(key, text);
        draft.changes.push({ key, operation: decision, rowHash, payloadHash, payload: text, suspect });
      }
    }
  }
}

function isForgotten(key: string, payload: Payload, { forgotten, projection }: PlanInput): boolean {
  if (forgotten === null) return false;
  return forgotten.hasKey(key) || (projection.sync.key !== null && forgotten.hasEmail(payload.fields.email));
}

/** `text` is the payload that the row stands for, `null` where faults keep it from standing for one. */
function standing(candidate: Candidate, text: string | null, { keeping, destination }: PlanInput): Standing {
  const { key, known, payloadHash, rejected, withheld } = candidate;
  const isSame = (stored: string | undefined | null): boolean =>
    text !== null && typeof stored === 'string' && keeping.isSame(stored, key, text);
  const rejectedBefore = rejected?.destination === destination && isSame(rejected.payloadHash);
  return { known, same: isSame(payloadHash), rejectedBefore, withheld };
}

/** What has to be written again of an unchanged row whose payload was kept as hashes until now. */
function restored(candidate: Candidate, text: string, keeping: Keeping): RefreshedRow['restored'] {
  if (keeping.payload === 'hashed') return null;
  const payloadHash = keeping.payloadHash(candidate.key, text);
  return payloadHash === candidate.payloadHash ? null : { payloadHash, payload: text };
}

function addPage(counts: PlanCounts, page: Draft): PlanCounts {
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
