/** Text in the form of Postgres' COPY, in which each line is a row: line breaks in values are escaped. */

/** Chunks that end where a line ends. */
export async function* wholeLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let partialLine: Buffer | null = null;
  for await (const chunk of chunks) {
    const lineEnd = chunk.lastIndexOf(10) + 1;
    const remainder = chunk.subarray(lineEnd);
    if (lineEnd > 0)
      yield partialLine === null
        ? chunk.subarray(0, lineEnd)
        : Buffer.concat([partialLine, chunk.subarray(0, lineEnd)]);
    partialLine =
      lineEnd > 0 || partialLine === null ? nullIfEmpty(remainder) : Buffer.concat([partialLine, remainder]);
  }
}

export function countLines(lines: Buffer): number {
  let count = 0;
  for (let index = lines.indexOf(10); index >= 0; index = lines.indexOf(10, index + 1)) count += 1;
  return count;
}

function nullIfEmpty(buffer: Buffer): Buffer | null {
  return buffer.length === 0 ? null : buffer;
}
