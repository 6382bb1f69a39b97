import type { Readable } from 'node:stream';
import { copyEscape } from '../../lib/copy-text.ts';

/** How much text becomes one chunk of lines. */
const chunkCharacters = 65_536;

const special = /[\\\b\f\n\r\t\v]/;

/** What the driver makes of a column that was cast to text, or of a FLOAT. */
type Value = string | number | null;

export interface Waiting {
  readonly signal: AbortSignal;
  readonly silenceMs: number;
  /** What is thrown when the driver gives nothing for so long. */
  readonly silent: () => Error;
  readonly canceled: () => Error;
}

/** Rows of the driver as lines of COPY text. Rows are taken as they are asked for: who waits leaves them with the driver. */
export async function* copyLines(rows: Readable, waiting: Waiting): AsyncGenerator<Buffer> {
  const feed = new Feed(rows);
  let text = '';
  try {
    for (;;) {
      const row: unknown = rows.read();
      if (Array.isArray(row)) {
        text += lineOf(row as readonly Value[]);
        if (text.length < chunkCharacters) continue;
      }
      // What is there goes on its way before we wait for more.
      if (text !== '') yield Buffer.from(text);
      text = '';
      if (waiting.signal.aborted) throw waiting.canceled();
      if (row === null && !(await feed.more(waiting))) return;
    }
  } finally {
    rows.destroy();
  }
}

/** One look at the whole row tells whether anything in it needs an escape: hardly a row does. */
function lineOf(row: readonly Value[]): string {
  const escaped = special.test(row.join('')) ? copyEscape : plain;
  let line = '';
  for (let at = 0; at < row.length; at += 1) {
    const value = row[at];
    line += at === 0 ? '' : '\t';
    line += value === undefined || value === null ? '\\N' : escaped(String(value));
  }
  return `${line}\n`;
}

function plain(value: string): string {
  return value;
}

/** Waits for a stream in paused mode. */
class Feed {
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
  async more({ signal, silenceMs, silent, canceled }: Waiting): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    let late = false;
    const wake = (): void => this.#wake();
    if (!this.#ended && this.#error === null && this.#rows.readableLength === 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(() => {
          late = true;
          resolve();
        }, silenceMs);
        signal.addEventListener('abort', wake, { once: true });
      });
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
    }
    if (signal.aborted) throw canceled();
    if (this.#error !== null) throw this.#error;
    if (late) throw silent();
    return !this.#ended;
  }
}
