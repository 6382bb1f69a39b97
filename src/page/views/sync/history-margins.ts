import type { History } from '../../api/documents.ts';

/** A history whose figures may be missing. */
export interface MarginedHistory {
  readonly columns: Readonly<Record<keyof History['columns'], readonly (number | null)[]>>;
  readonly at: readonly number[];
}

const minMarginSeconds = 3600;

/** Adds a moment before the first point and the present after the last, without figures: charts then end today. */
export function withMargins({ columns }: History, nowSeconds: number): MarginedHistory {
  const { at } = columns;
  const [first = nowSeconds] = at;
  const start = first - Math.max(minMarginSeconds, (nowSeconds - first) * 0.02);
  const end = Math.max(nowSeconds, (at.at(-1) ?? nowSeconds) + 1);
  const margined = Object.entries(columns).map(([name, values]) => [name, [null, ...values, null]]);
  return { columns: Object.fromEntries(margined), at: [start, ...at, end] };
}
