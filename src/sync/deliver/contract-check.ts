import type { RejectedRow } from '../../core/ports/run/ledger.ts';
import { PanelsyncError } from '../../core/errors.ts';
import { redactPeople, sharedReason } from '../../core/model/redaction/redaction.ts';

/** Batches that must be refused from end to end before "all alike" is believed, and bad rows looked for in each. */
export const probeBatches = 3;
export const probeRows = 3;
/** The same where the contract has worked before: bad rows at the head of the model are then the likelier reason. */
export const verifiedProbeBatches = 10;

/** Refused rows of one batch that are not on record as rejected yet. */
export interface PendingRejections {
  readonly batch: number;
  readonly rejected: readonly RejectedRow[];
}

/**
 * Whether the Hub understands us at all. Until it has accepted one row of the run, its refusals may mean that our
 * contract is wrong and not the data: they stay pending, and nobody is marked as rejected because of them alone.
 */
export class ContractCheck {
  #accepted = false;
  #contractVerified = false;
  #pending: PendingRejections[] = [];

  /** Whether refusals count from here on. */
  get accepted(): boolean {
    return this.#accepted;
  }

  /** Whether there is proof of that: a row was accepted, or refusals turned out to be about people. */
  get contractVerified(): boolean {
    return this.#contractVerified;
  }

  accept(): void {
    this.#accepted = true;
    this.#contractVerified = true;
  }

  /** Nothing contradicts it. */
  assumeVerified(): void {
    this.#accepted = true;
  }

  addPending(rejections: PendingRejections): void {
    if (rejections.rejected.length > 0) this.#pending.push(rejections);
  }

  /** The refusals pending so far, which count from now on. */
  release(): readonly PendingRejections[] {
    const pending = this.#pending;
    this.#pending = [];
    this.#contractVerified ||= pending.length > 0;
    return pending;
  }

  /**
   * The one reason that all pending refusals share, as the error that stops the run; `null` when they differ. Where
   * the contract has worked before, rows that were refused before say little against it when they are refused again:
   * then they must not be the most.
   */
  contractError(contractVerified: boolean): PanelsyncError | null {
    const refused = this.#pending.flatMap(({ rejected }) => rejected);
    const [example] = refused;
    if (this.#accepted || example === undefined) return null;
    const previouslyRejected = refused.filter(({ row }) => row.previouslyRejected).length;
    if (contractVerified && previouslyRejected * 2 > refused.length) return null;
    const reasons = new Set(refused.map((rejected) => JSON.stringify(reasonOf(rejected))));
    if (reasons.size > 1) return null;
    const { field, text } = reasonOf(example);
    return new PanelsyncError({
      code: 'contract_refused',
      recovery: 'fatal',
      message: `The Hub accepted no row and refused all ${refused.length} rows for the same reason: ${text}${field === null ? '' : ` (${field})`}`,
      hint: 'Check destination.wire, the mapping, and the characteristics in the Hub, then run again. Nobody was marked as rejected.',
    });
  }
}

/** Why a row was refused, without what differs from row to row. */
function reasonOf({ row, error }: RejectedRow) {
  const { code, field, message } = error;
  return {
    code,
    field: field === null ? null : redactPeople(field, [row]),
    text: sharedReason(message, [row]),
  };
}
