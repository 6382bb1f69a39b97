import type { Readable } from 'node:stream';
import { escapeCopyField } from '../../lib/copy-text.ts';

/** How much text becomes one chunk of lines. */
const chunkCharacters = 65_536;

const escapePattern = /[\\\b\f\n\r\t\v]/;

/** A column that was cast to text, or a FLOAT, as the driver returns it. */
type DriverValue = string | number | null;

export interface WaitOptions {
  readonly signal: AbortSignal;
  readonly responseTimeoutMs: number;
  /** What is thrown when the driver delivers nothing for so long. */
  readonly timeoutError: () => Error;
  readonly canceledError: () => Error;
}

/** Rows of the driver as lines of COPY text; returns how many there were. Rows are taken only as they are asked for. */
export async function* toCopyLines(rows: Readable, waitOptions: WaitOptions): AsyncGenerator<Buffer, number> {
  const rowStream = new RowStream(rows);
  let text = '';
  let count = 0;
  try {
    for (;;) {
      const row: unknown = rows.read();
      if (Array.isArray(row)) {
        text += toCopyLine(row as readonly DriverValue[]);
        count += 1;
        if (text.length < chunkCharacters) continue;
      }
      // Deliver what is there before waiting for more.
      if (text !== '') yield Buffer.from(text);
      text = '';
      if (waitOptions.signal.aborted) throw waitOptions.canceledError();
      if (row === null && !(await rowStream.waitForMore(waitOptions))) return count;
    }
  } finally {
    rows.destroy();
  }
}

/** One test of the whole row shows whether anything in it needs escaping: hardly a row does. */
function toCopyLine(row: readonly DriverValue[]): string {
  const escape = escapePattern.test(row.join('')) ? escapeCopyField : identity;
  let line = '';
  for (let index = 0; index < row.length; index += 1) {
    const value = row[index];
    line += index === 0 ? '' : '\t';
    line += value === undefined || value === null ? '\\N' : escape(String(value));
  }
  return `${line}\n`;
}

function identity(value: string): string {
  return value;
}

/** Waits for a stream in paused mode. */
class RowStream {
  readonly #rows: Readable;
  #ended = false;
  #error: Error | null = null;
  #wake: () => void = () => undefined;

  constructor(rows: Readable) {
    this.#rows = rows;
    rows.on('readable', () => this.#wake());
    rows.once('end', () => {
      this.#ended = true;
      this.#wake();
    });
    rows.on('error', (error: Error) => {
      this.#error ??= error;
      this.#wake();
    });
  }

  /** False at the end of the rows. */
  async waitForMore({ signal, responseTimeoutMs, timeoutError, canceledError }: WaitOptions): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    let timedOut = false;
    const wake = (): void => this.#wake();
    if (!this.#ended && this.#error === null && this.#rows.readableLength === 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(() => {
          timedOut = true;
          resolve();
        }, responseTimeoutMs);
        signal.addEventListener('abort', wake, { once: true });
      });
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
    }
    if (signal.aborted) throw canceledError();
    if (this.#error !== null) throw this.#error;
    if (timedOut) throw timeoutError();
    return !this.#ended;
  }
}
