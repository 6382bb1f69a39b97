import type { SourceWork } from '../core/model/terms.ts';

/** Adds up what a run reads from its source, so that a run that ends early reports it too. */
export class RunWork {
  #rows = 0;
  #bytes = 0;
  #bucketsEqual = 0;

  /** Something came from the source: rows of the model, or what it computed from them. */
  received({ rows, bytes }: { readonly rows: number; readonly bytes: number }): void {
    this.#rows += rows;
    this.#bytes += bytes;
  }

  foundEqual(buckets: number): void {
    this.#bucketsEqual += buckets;
  }

  counts(): SourceWork {
    return { rowsRead: this.#rows, bucketsEqual: this.#bucketsEqual, bytesFromSource: this.#bytes };
  }
}
