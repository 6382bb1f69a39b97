import { escapeCopyField } from '../../../src/lib/copy-text.ts';
import type { ModelReader, Source } from '../../../src/core/ports/source.ts';
import type { Column, Model } from '../../../src/core/model/terms.ts';
import { testError } from './hub.ts';
import { columnsOf } from '../fixtures/projection.ts';

export type MemoryRow = readonly (string | null)[];

/** A warehouse in memory: gives the rows two at a time. */
export class MemorySource implements Source {
  readonly calls: string[] = [];
  rows: readonly MemoryRow[];
  /** Called with the number of rows given so far, before more are. */
  onRows: (given: number) => void = () => undefined;
  readonly #columns: readonly Column[];

  constructor(columns: readonly string[], rows: readonly MemoryRow[]) {
    this.#columns = columnsOf(columns);
    this.rows = rows;
  }

  async open(model: Model, label: string, signal: AbortSignal): Promise<ModelReader> {
    this.calls.push(`open ${model.location} ${label}`);
    return {
      columns: this.#columns,
      rows: (positions, limit = Infinity) => this.#lines({ positions, limit }, signal),
      buckets: null,
      close: async () => void this.calls.push('close'),
    };
  }

  async check(): Promise<string> {
    return 'in memory';
  }

  async close(): Promise<void> {
    this.calls.push('end');
  }

  async *#lines(
    { positions, limit }: { readonly positions: readonly number[]; readonly limit: number },
    signal: AbortSignal,
  ): AsyncGenerator<Buffer> {
    for (let rowsRead = 0; rowsRead < Math.min(limit, this.rows.length); rowsRead += 2) {
      this.onRows(rowsRead);
      if (signal.aborted) throw testError('canceled', 'canceled');
      const lines = this.rows
        .slice(rowsRead, Math.min(rowsRead + 2, limit))
        .map((row) => positions.map((at) => escapeCopyField(row[at] ?? null)).join('\t'));
      yield Buffer.from(`${lines.join('\n')}\n`);
    }
    this.onRows(this.rows.length);
  }
}
