/** What becomes of rows, in the order and the words in which the page shows it. */

import type { RowCounts } from '../../../core/model/terms.ts';

export type Outcome = Exclude<keyof RowCounts, 'read' | 'removed'>;

export const outcomes: readonly { readonly name: Outcome; readonly words: string; readonly meaning: string }[] = [
  { name: 'unchanged', words: 'unchanged', meaning: 'The Hub has accepted this row before, with the same values.' },
  { name: 'inserted', words: 'inserted', meaning: 'New people, accepted by the Hub.' },
  { name: 'updated', words: 'updated', meaning: 'Changed people, accepted by the Hub.' },
  { name: 'skipped', words: 'skipped', meaning: 'Not sent: the mode, an earlier rejection or a suppression.' },
  { name: 'duplicate', words: 'duplicate', meaning: 'Another row of the model has the same key.' },
  { name: 'invalid', words: 'invalid', meaning: 'Refused by panelsync before anything was sent.' },
  { name: 'rejected', words: 'rejected', meaning: 'Refused by the Hub.' },
  { name: 'unsent', words: 'unsent', meaning: 'Left for the next run.' },
];

/** Rows that changed something or were refused: what a history is about. */
export const changeOutcomes = ['inserted', 'updated', 'invalid', 'rejected', 'unsent'] as const satisfies Outcome[];

export interface Share {
  readonly name: Outcome;
  readonly count: number;
  readonly start: number;
  readonly width: number;
}

/**
 * Cuts a length into shares of the outcomes. Small shares get a width that can be seen, taken from the large ones, so
 * that five invalid rows of a million are in the picture.
 */
export function sharesOf(rows: RowCounts, length: number, minWidth: number): readonly Share[] {
  const present = outcomes.filter(({ name }) => rows[name] > 0);
  const total = present.reduce((sum, { name }) => sum + rows[name], 0);
  if (total === 0) return [];
  const spare = Math.max(0, length - minWidth * present.length);
  let start = 0;
  return present.map(({ name }) => {
    const width = minWidth + (spare * rows[name]) / total;
    const share = { name, count: rows[name], start, width };
    start += width;
    return share;
  });
}
