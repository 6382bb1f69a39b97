import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';

/** The text of a CSV file, whichever program wrote it: UTF-8 or UTF-16, with or without the line `sep=;` of Excel. */
export interface CsvText {
  readonly encoding: 'utf-8' | 'utf-16le' | 'utf-16be';
  /** What the first line declares as the delimiter; `null`: it declares none. */
  readonly delimiter: string | null;
  /** The text after that line. */
  chunks(): AsyncGenerator<string>;
}

const headBytes = 512;
const separatorLine = /^sep=(.)\r?(?:\n|$)/i;

export async function openCsvText(path: string): Promise<CsvText> {
  const head = await readHead(path);
  const encoding = encodingOf(head);
  const start = new TextDecoder(encoding).decode(head);
  const declared = separatorLine.exec(start);
  return {
    encoding,
    delimiter: declared?.[1] ?? null,
    async *chunks() {
      const decoder = new TextDecoder(encoding, { fatal: true });
      let isFirst = true;
      for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
        const text = decoder.decode(chunk, { stream: true });
        yield isFirst ? text.replace(separatorLine, '') : text;
        isFirst = false;
      }
      yield decoder.decode();
    },
  };
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** By the byte order mark; without one, a text in UTF-16 shows by the zeros beside its Latin letters. */
function encodingOf(head: Buffer): CsvText['encoding'] {
  const mark = head.toString('hex', 0, 2);
  if (mark === 'fffe') return 'utf-16le';
  if (mark === 'feff') return 'utf-16be';
  const zeros = (parity: number): number =>
    head.reduce((sum, byte, index) => sum + (byte === 0 && index % 2 === parity ? 1 : 0), 0);
  const [even, odd] = [zeros(0), zeros(1)];
  if (even + odd < head.length / 4) return 'utf-8';
  return odd > even ? 'utf-16le' : 'utf-16be';
}

/** UTF-8 that some program took for Windows-1252 and wrote down so: `MÃ¼nchen`, `Oâ€™Brien`. */
const mojibake =
  /Ã[\u0080-\u00bf\u0152-\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]|â€[\u0080-\u00bf\u0153\u0161\u02dc\u2013-\u203a\u2122]/;

export function isMojibake(cells: readonly string[]): boolean {
  return cells.some((cell) => mojibake.test(cell));
}
