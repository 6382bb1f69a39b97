import type { RejectedRow } from '../../core/ports/run-store.ts';
import { PanelsyncError } from '../../core/errors.ts';
import { withoutPeople } from './redact-people.ts';

/** Refused rows of one batch that nobody was told about yet. */
export interface Withheld {
  readonly batch: number;
  readonly rejected: readonly RejectedRow[];
}

/**
 * Whether the Hub understands us at all. Until it has accepted one row of the run, its refusals may mean that our
 * contract is wrong and not the data: they are withheld, and nobody is marked as rejected on their ground alone.
 */
export class Proof {
  #accepted = false;
  #proven = false;
  #withheld: Withheld[] = [];

  /** Whether refusals count from here on. */
  get accepted(): boolean {
    return this.#accepted;
  }

  /** Whether there is a ground for that: a row was accepted, or refusals were found to be about people. */
  get proven(): boolean {
    return this.#proven;
  }

  accept(): void {
    this.#accepted = true;
    this.#proven = true;
  }

  /** Nothing speaks against it. */
  presume(): void {
    this.#accepted = true;
  }

  withhold(withheld: Withheld): void {
    if (withheld.rejected.length > 0) this.#withheld.push(withheld);
  }

  /** The refusals withheld so far, which count now: they are withheld no longer. */
  release(): readonly Withheld[] {
    const withheld = this.#withheld;
    this.#withheld = [];
    this.#proven ||= withheld.length > 0;
    return withheld;
  }

  /**
   * The one reason that all withheld refusals share, as the error that stops the run; `null` when they differ. Where
   * the contract has worked before, rows that were refused before say little against it when they are refused again:
   * then they must not be the most.
   */
  contractError(proven: boolean): PanelsyncError | null {
    const refused = this.#withheld.flatMap(({ rejected }) => rejected);
    const [example] = refused;
    if (this.#accepted || example === undefined) return null;
    const suspects = refused.filter(({ row }) => row.suspect).length;
    if (proven && suspects * 2 > refused.length) return null;
    const reasons = new Set(refused.map((rejected) => JSON.stringify(reasonOf(rejected))));
    if (reasons.size > 1) return null;
    const { field, words } = reasonOf(example);
    return new PanelsyncError({
      code: 'contract_refused',
      recovery: 'fatal',
      message: `The Hub accepted nothing and refused all ${refused.length} rows it was asked about alike: ${words}${field === null ? '' : ` (${field})`}`,
      hint: 'That points at destination.wire, the mapping or the characteristics in the Hub, not at people: nobody was marked as rejected. Correct it and run again.',
    });
  }
}

/** Why a row was refused, without what differs from row to row. */
function reasonOf({ row, fault }: RejectedRow) {
  const { code, field, message } = fault;
  return {
    code,
    field: field === null ? null : withoutPeople(field, [row]),
    words: likeness(withoutPeople(message, [row])),
  };
}

/** A message without quoted values and numbers. */
function likeness(message: string): string {
  return message
    .replace(/"[^"]*"|'[^']*'/g, (quoted) => (/^.[a-z][\w.-]*.$/i.test(quoted) ? quoted : '…'))
    .replace(/\d+/g, '…');
}
