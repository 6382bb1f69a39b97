import { expect } from 'chai';
import type { BatchIntent, Ledger, OutboxRow, RejectedRow, Settlement } from '../../../src/core/ports/run/ledger.ts';

interface Entry {
  readonly batch: BatchIntent;
  settlement: Settlement | null;
}

/** A ledger in memory that checks how it is used: read by the page, recorded once, settled once, rejected only after that. */
export class MemoryLedger implements Ledger {
  readonly entries = new Map<number, Entry>();
  /** Rows that the snapshot would hold, and rows on record as rejected; as often as they were settled. */
  readonly accepted: number[] = [];
  readonly rejected: RejectedRow[] = [];
  readonly #rows: readonly OutboxRow[];
  readonly #firstNumber: number;

  constructor(rows: readonly OutboxRow[] = [], firstNumber = 1) {
    this.#rows = rows;
    this.#firstNumber = firstNumber;
  }

  async outbox(after: number, limit: number): Promise<readonly OutboxRow[]> {
    expect(limit, 'rows of a page').to.be.within(1, 2100);
    return this.#rows.filter(({ seq }) => seq > after).slice(0, limit);
  }

  async nextNumber(): Promise<number> {
    return Math.max(this.#firstNumber, ...[...this.entries.keys()].map((number) => number + 1));
  }

  async record(batch: BatchIntent): Promise<void> {
    expect(this.entries.has(batch.number), `batch ${batch.number} is recorded once`).to.equal(false);
    expect(batch.rows, 'rows of a batch').not.to.deep.equal([]);
    this.entries.set(batch.number, { batch, settlement: null });
  }

  async settle(batch: BatchIntent, settlement: Settlement): Promise<void> {
    const entry = this.#entry(batch.number);
    expect(entry.settlement, `batch ${batch.number} is settled once`).to.equal(null);
    entry.settlement = settlement;
    this.#addRejected(entry, settlement.rejected);
    if (settlement.state !== 'accepted') return;
    const refused = new Set(settlement.rejected.map(({ row }) => row.seq));
    this.accepted.push(...batch.rows.flatMap(({ seq }) => (refused.has(seq) ? [] : [seq])));
  }

  async reject(number: number, rejected: readonly RejectedRow[]): Promise<void> {
    const entry = this.#entry(number);
    expect(entry.settlement?.state, `batch ${number} whose rows are rejected`).to.equal('refused');
    this.#addRejected(entry, rejected);
  }

  /** Sequence numbers of the rejected rows, in their order. */
  rejectedSeqs(): readonly number[] {
    return this.rejected.map(({ row }) => row.seq).toSorted((a, b) => a - b);
  }

  /** States of the batches, in the order of their numbers; `null` while in flight. */
  states(): readonly (Settlement['state'] | null)[] {
    return [...this.entries.values()].map(({ settlement }) => settlement?.state ?? null);
  }

  #entry(number: number): Entry {
    const entry = this.entries.get(number);
    if (entry === undefined) throw new Error(`batch ${number} was never recorded`);
    return entry;
  }

  #addRejected({ batch }: Entry, rejected: readonly RejectedRow[]): void {
    const seqs = new Set(batch.rows.map(({ seq }) => seq));
    for (const { row } of rejected) expect(seqs.has(row.seq), `row ${row.seq} belongs to its batch`).to.equal(true);
    this.rejected.push(...rejected);
  }
}
