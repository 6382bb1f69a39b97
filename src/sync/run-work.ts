import { NewestTime } from '../core/model/freshness/newest-time.ts';
import type { DataFreshness } from '../core/model/freshness/data-freshness.ts';
import type { Projection } from '../core/model/projection.ts';
import type { SourceWork } from '../core/model/terms.ts';

/** Adds up what a run reads from its source, so that a run that ends early reports it too. */
export class RunWork {
  #rows = 0;
  #bytes = 0;
  #bucketsEqual = 0;
  /** Of the times that the rows have. */
  readonly newest = new NewestTime(Date.now());
  #freshness: DataFreshness | null = null;

  /** Something came from the source: rows of the model, or what it computed from them. */
  received({ rows, bytes }: { readonly rows: number; readonly bytes: number }): void {
    this.#rows += rows;
    this.#bytes += bytes;
  }

  foundEqual(buckets: number): void {
    this.#bucketsEqual += buckets;
  }

  /** The whole model was read: the newest time is that of the data. */
  readWhole({ freshness }: Pick<Projection, 'freshness'>): void {
    if (freshness === null) return;
    const { column, maxAgeMs } = freshness;
    this.#freshness = { column: column.name, newestAt: this.newest.newest, maxAgeMs };
  }

  get freshness(): DataFreshness | null {
    return this.#freshness;
  }

  counts(): SourceWork {
    return { rowsRead: this.#rows, bucketsEqual: this.#bucketsEqual, bytesFromSource: this.#bytes };
  }
}
