/** Bytes as words: a view reads one in a single step, at any position. */

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Four bytes as a little-endian word. */
export function word(bytes: DataView, at: number): number {
  return bytes.getInt32(at, true);
}

/** As `word`, of the bytes before `end` only. */
export function partialWord(bytes: DataView, at: number, end: number): number {
  let value = 0;
  for (let index = Math.min(at + 4, end) - 1; index >= at; index -= 1) value = (value << 8) | bytes.getUint8(index);
  return value;
}

/** A 32-bit word with its bits rotated to the left. */
export function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
