import { textHash } from '../../core/model/hash.ts';
import { emailKey } from '../../core/model/key.ts';
import { canonicalText } from '../../core/model/participant.ts';
import type { PlannedChange, PlanPage, PlanRecorder, RemovalCandidate } from '../../core/ports/run/plan-store.ts';
import type { ForgottenPeople } from '../../core/model/forgotten-people.ts';
import type { PayloadCodec } from '../../core/model/payload-codec.ts';
import type { MarkSettings, SyncSettings } from '../../core/settings.ts';

export interface PlannedRemovals {
  readonly marks: number;
  readonly restores: number;
}

interface RemovalOptions {
  readonly projection: { readonly sync: Pick<SyncSettings, 'removed' | 'guards'> };
  readonly stageResult: { readonly read: number };
  readonly codec: PayloadCodec;
  readonly forgotten: ForgottenPeople | null;
  /** Fingerprint of the destination. */
  readonly destination: string;
  /** Sees every page before it is recorded. */
  readonly onPage?: ((page: PlanPage) => Promise<void>) | undefined;
}

/**
 * Plans what people are sent for having left the model and for being back. It is no part of their row: neither the
 * snapshot nor the counts of rows know of it, and a row that has changed as well is sent on its own.
 *
 * A model with fewer rows than `guards.minRows` marks nobody, not even where the run is forced or its plan approved: it
 * says who is there, and most likely not who is missing.
 */
export async function planRemovals(options: RemovalOptions, recorder: PlanRecorder): Promise<PlannedRemovals> {
  const { removed, guards } = options.projection.sync;
  const counts = { marks: 0, restores: 0 };
  if (removed.action === 'report') return counts;
  const hashes = { mark: textHash(canonicalText(removed.set)), restore: textHash(canonicalText(removed.restore)) };
  const query = { setHash: hashes.mark, restoreHash: hashes.restore, destination: options.destination };
  const marksNobody = options.stageResult.read < guards.minRows;
  for await (const people of recorder.removals(query)) {
    const changes = people.flatMap((person) => {
      if (marksNobody && person.operation === 'mark') return [];
      const email = sendableEmail(person, options);
      return email === null
        ? []
        : [removalChange(person, email, { removed, rowHash: hashes[person.operation], options })];
    });
    const page: PlanPage = { changes, skips: [], invalid: [], refreshed: [], forgotten: 0, identities: [] };
    await options.onPage?.(page);
    await recorder.add(page);
    const marks = changes.filter(({ operation }) => operation === 'mark').length;
    counts.marks += marks;
    counts.restores += changes.length - marks;
  }
  return counts;
}

/**
 * The address that the Hub knows the person by; `null` where nothing may be sent to it. A key that is no e-mail is left
 * from a time when rows were keyed by another column: the person may well be in the model.
 */
function sendableEmail({ key, email }: RemovalCandidate, { forgotten }: RemovalOptions): string | null {
  const address = email ?? key;
  return forgotten?.hasKey(key) === true || emailKey(address) !== key || !key.includes('@') ? null : address;
}

interface RemovalChange {
  readonly removed: MarkSettings;
  readonly rowHash: string;
  readonly options: RemovalOptions;
}

function removalChange(
  { key, operation, previouslyRejected }: RemovalCandidate,
  email: string,
  { removed, rowHash, options }: RemovalChange,
): PlannedChange {
  const { fields, characteristics } = operation === 'mark' ? removed.set : removed.restore;
  const payload = canonicalText({ fields: { email, ...fields }, characteristics });
  return { key, operation, rowHash, payloadHash: options.codec.payloadHash(key, payload), payload, previouslyRejected };
}
