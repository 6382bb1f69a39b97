import { ownValue } from '../participant.ts';
import type { OmittedValue } from '../participant.ts';
import type { Projection } from '../projection.ts';
import type { CharacteristicValue, Payload } from '../terms.ts';

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

interface FieldCounts {
  valueIn(payload: Payload): CharacteristicValue | undefined;
  omitted: number;
  values: number;
  readonly shapes: Set<string>;
}

/** Counts the values that are left out, by field. */
export class OmittedValues {
  readonly #fields: ReadonlyMap<string, FieldCounts>;

  constructor({ fields, characteristics }: Projection) {
    const omitting = [
      ...fields.map(({ field, onInvalid }) => [field, onInvalid, (of: Payload) => of.fields[field]] as const),
      ...characteristics.map(
        ({ slug, onInvalid }) =>
          [`characteristics.${slug}`, onInvalid, (of: Payload) => ownValue(of.characteristics, slug)] as const,
      ),
    ].filter(([, onInvalid]) => onInvalid === 'omit');
    this.#fields = new Map(
      omitting.map(([name, , valueIn]) => [name, { valueIn, omitted: 0, values: 0, shapes: new Set<string>() }]),
    );
  }

  /** Whether any field leaves values out. */
  get isNeeded(): boolean {
    return this.#fields.size > 0;
  }

  /** Counts a row that is sent. */
  add({ payload, omitted }: { readonly payload: Payload; readonly omitted: readonly OmittedValue[] }): void {
    for (const counts of this.#fields.values()) if ((counts.valueIn(payload) ?? null) !== null) counts.values += 1;
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
