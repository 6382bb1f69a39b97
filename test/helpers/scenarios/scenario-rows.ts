import type { FlatPerson, WarehouseRow } from '../panel/panel.ts';
import type { ModelRow } from './panel-scenarios.ts';

/** The rows of a story, as the warehouse and the Hub have them. */

/** Longer than any field may be. */
export const tooLong = 'x'.repeat(300);

export function emailOf(person: number): string {
  return `p${person}@example.test`;
}

export function rowsOf(person: number, row: Exclude<ModelRow, null>): readonly WarehouseRow[] {
  const email = emailOf(person);
  if (row === 'invalid') return [{ email, first_name: `P${person}`, city: tooLong }];
  const first = { email, first_name: `P${person}`, city: row.city, plan: row.plan, note: idOf(row) };
  return 'twice' in row ? [first, { email: email.toUpperCase(), city: 'Nowhere' }] : [first];
}

/** Whose the row is; `null`: it does not say. */
export function idOf(row: Exclude<ModelRow, null>): string | null {
  return row === 'invalid' || row.id === undefined ? null : `${row.id}`;
}

/** What the Hub holds of a valid row; a null clears nothing there. */
export function valuesOf(person: number, { city, plan }: Exclude<ModelRow, null | 'invalid'>): FlatPerson {
  return { email: emailOf(person), first_name: `P${person}`, city, ...(plan === null ? {} : { plan }) };
}
