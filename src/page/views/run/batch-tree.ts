import type { BatchDocument } from '../../api/documents.ts';

export interface TreeBatch {
  readonly batch: BatchDocument;
  /** How often it was split off; 0 for a batch of the plan. */
  readonly depth: number;
}

/** Batches with the parts of each behind it. A part whose whole is on another page stands by itself. */
export function batchTree(batches: readonly BatchDocument[]): readonly TreeBatch[] {
  const numbers = new Set(batches.map(({ number }) => number));
  const partsOf = new Map<number | null, BatchDocument[]>();
  for (const batch of batches) {
    const whole = batch.parent !== null && numbers.has(batch.parent) ? batch.parent : null;
    partsOf.set(whole, [...(partsOf.get(whole) ?? []), batch]);
  }
  const branch = (whole: number | null, depth: number): readonly TreeBatch[] =>
    (partsOf.get(whole) ?? []).flatMap((batch) => [{ batch, depth }, ...branch(batch.number, depth + 1)]);
  return branch(null, 0);
}
