import type { OmittedValue } from '../participant.ts';
import type { Projection } from '../projection.ts';
import type { Payload } from '../terms.ts';

/** Invalid values of one field that were left out of the rows that are sent. */
export interface OmittedField {
  readonly field: string;
  readonly omitted: number;
  /** All values of the field, left out or not. */
  readonly values: number;
  /** What some of them look like, with letters and digits masked. */
  readonly shapes: readonly string[];
}

const maxShapes = 3;
const maxShapeLength = 24;

/** Counts the values that are left out, by field. */
export class OmittedValues {
  readonly #fields: ReadonlyMap<string, { omitted: number; values: number; readonly shapes: Set<string> }>;

  constructor({ fields, characteristics }: Projection) {
    const names = [
      ...fields.map(({ field, onInvalid }) => [field, onInvalid] as const),
      ...characteristics.map(({ slug, onInvalid }) => [`characteristics.${slug}`, onInvalid] as const),
    ];
    this.#fields = new Map(
      names.flatMap(([name, onInvalid]) =>
        onInvalid === 'omit' ? [[name, { omitted: 0, values: 0, shapes: new Set<string>() }] as const] : [],
      ),
    );
  }

  /** Whether any field leaves values out. */
  get isNeeded(): boolean {
    return this.#fields.size > 0;
  }

  /** Counts a row that is sent. */
  add({ payload, omitted }: { readonly payload: Payload; readonly omitted: readonly OmittedValue[] }): void {
    if (!this.isNeeded) return;
    const { characteristics } = payload;
    const values = new Map<string, unknown>(Object.entries(payload.fields));
    for (const [slug, value] of Object.entries(characteristics)) values.set(`characteristics.${slug}`, value);
    for (const [name, counts] of this.#fields) if ((values.get(name) ?? null) !== null) counts.values += 1;
    for (const { field, text } of omitted) {
      const counts = this.#fields.get(field);
      if (counts === undefined) continue;
      counts.omitted += 1;
      counts.values += 1;
      if (counts.shapes.size < maxShapes) counts.shapes.add(shapeOf(text));
    }
  }

  /** Fields of which something was left out. */
  counts(): readonly OmittedField[] {
    return [...this.#fields].flatMap(([field, { omitted, values, shapes }]) =>
      omitted === 0 ? [] : [{ field, omitted, values, shapes: [...shapes] }],
    );
  }
}

/** `n/a` is `x/x` and `+1 415` is `+9 999`: enough to see what is wrong, and nothing of anybody. */
export function shapeOf(text: string): string {
  const oneLine = text.trim().replaceAll(/\s+/g, ' ');
  const shape = oneLine
    .replaceAll(/[\p{L}\p{M}]/gu, 'x')
    .replaceAll(/\p{N}/gu, '9')
    .replaceAll(/[^\x20-\x7e]/gu, '?');
  return shape.length > maxShapeLength ? `${shape.slice(0, maxShapeLength)}…` : shape;
}
