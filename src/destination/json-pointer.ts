import { sanitizeLine } from './sanitize.ts';
import { fieldFromWireName } from './wire.ts';

/** A place in a batch that the Hub refused; `field` is panelsync's name for it, `null` for the whole row. */
export interface PointerTarget {
  readonly index: number;
  readonly field: string | null;
}

const pointerPattern = /^#?\/(?:participants\/|data\/)?(\d{1,6})(?:\/(.*))?$/s;

/**
 * Reads a JSON pointer of the Hub: `/participants/3`, `/data/3/attributes/email`, `/3/characteristics/plan`.
 * `null` where it points at none of the `rows` rows that were sent.
 */
export function parsePointer(pointer: string, rowCount: number): PointerTarget | null {
  const parts = pointerPattern.exec(pointer);
  const index = Number(parts?.[1] ?? Number.NaN);
  // A comparison with NaN is false, so no number is out of range too.
  if (!(index < rowCount)) return null;
  return { index, field: fieldFromPath(parts?.[2] ?? '') };
}

function fieldFromPath(path: string): string | null {
  const names = path
    .split('/')
    .filter((name) => name !== '')
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (names[0] === 'attributes') names.shift();
  const [first, ...rest] = names;
  return first === undefined ? null : sanitizeLine([fieldFromWireName(first), ...rest].join('.'), 100);
}
