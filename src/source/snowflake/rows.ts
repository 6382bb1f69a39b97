import type { Readable } from 'node:stream';
import { escapeCopyField } from '../../lib/copy-text.ts';

/** How much text becomes one chunk of lines. */
const chunkCharacters = 65_536;

const escapePattern = /[\\\b\f\n\r\t\v]/;

/** What the driver makes of a column that was cast to text, or of a FLOAT. */
type DriverValue = string | number | null;

export interface WaitOptions {
  readonly signal: AbortSignal;
  readonly responseTimeoutMs: number;
  /** What is thrown when the driver gives nothing for so long. */
  readonly timeoutError: () => Error;
  readonly canceledError: () => Error;
}

/** Rows of the driver as lines of COPY text. Rows are taken as they are asked for: who waits leaves them with the driver. */
export async function* toCopyLines(rows: Readable, waitOptions: WaitOptions): AsyncGenerator<Buffer> {
  const rowStream = new RowStream(rows);
  let text = '';
  try {
    for (;;) {
      const row: unknown = rows.read();
      if (Array.isArray(row)) {
        text += toCopyLine(row as readonly DriverValue[]);
        if (text.length < chunkCharacters) continue;
      }
      // What is there goes on its way before we wait for more.
      if (text !== '') yield Buffer.from(text);
      text = '';
      if (waitOptions.signal.aborted) throw waitOptions.canceledError();
      if (row === null && !(await rowStream.waitForMore(waitOptions))) return;
    }
  } finally {
    rows.destroy();
  }
}

/** One look at the whole row tells whether anything in it needs an escape: hardly a row does. */
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
