import type { InvalidRow } from '../../../core/ports/run/plan-store.ts';
import type { InvalidKey } from './row-key.ts';

/** All rows without a key are counted, but only so many are listed. */
const maxListedInvalidKeys = 1000;

export interface RowsRead {
  readonly read: number;
  /** Rows that have no usable key. */
  readonly invalidKeys: number;
  /** The first of them, row by row. */
  readonly invalidKeyRows: readonly InvalidRow[];
}

/** Counts the rows of a model while they are read, and lists those without a usable key. */
export class RowCounter {
  read = 0;
  #invalidKeys = 0;
  readonly #invalidKeyRows: InvalidRow[] = [];

  get keyed(): number {
    return this.read - this.#invalidKeys;
  }

  /** `row` is the number of the row in the model, from 1. */
  addInvalidKey(key: InvalidKey, row: number): void {
    this.#invalidKeys += 1;
    if (this.#invalidKeyRows.length < maxListedInvalidKeys) this.#invalidKeyRows.push({ ...key, key: `(row ${row})` });
  }

  counts(): RowsRead {
    return { read: this.read, invalidKeys: this.#invalidKeys, invalidKeyRows: this.#invalidKeyRows };
  }
}
