import type { Ledger, OutboxRow } from '../../core/ports/run/ledger.ts';

/** Rows to be sent as one batch. `parent` is the batch that they come from. */
export interface Fragment {
  readonly rows: readonly OutboxRow[];
  readonly parent: number | null;
}

/** A page of the outbox that is held in memory while its batches are sent. */
const pageRows = 2000;

/** Bodies stay under this even when single payloads are long; servers commonly refuse more than a megabyte. */
const maxBatchBytes = 900_000;

/** Cuts the outbox into batches, page by page, in its order; at most `limit` rows in all. */
export async function* batchesOf(
  ledger: Ledger,
  batchSize: number,
  limit: number,
): AsyncGenerator<readonly OutboxRow[]> {
  let after = 0;
  let remaining = limit;
  while (remaining > 0) {
    // A page of whole batches, so that no batch is cut short by the end of a page.
    const pageSize = Math.min(remaining, Math.ceil(pageRows / batchSize) * batchSize);
    const page = await ledger.outbox(after, pageSize);
    const last = page.at(-1);
    if (last === undefined) return;
    yield* toBatches(page, batchSize);
    after = last.seq;
    remaining -= page.length;
  }
}

/** Batches of at most `batchSize` rows and the body limit; rows that were refused before never travel with others, nor marks with rows. */
export function* toBatches(rows: readonly OutboxRow[], batchSize: number): Generator<readonly OutboxRow[]> {
  let batch: OutboxRow[] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = Buffer.byteLength(row.payload);
    const full = batch.length === batchSize || (batch.length > 0 && bytes + size > maxBatchBytes);
    if (full || (batch[0] !== undefined && travelApart(batch[0], row))) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(row);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function travelApart(a: OutboxRow, b: OutboxRow): boolean {
  return a.previouslyRejected !== b.previouslyRejected || a.isRemoval !== b.isRemoval;
}
