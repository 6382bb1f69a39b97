import type { RenamedPerson } from '../../../src/core/ports/row-lists.ts';
import type { RunReport } from '../../../src/core/model/terms.ts';
import type { RunOptions, TestPanel, WarehouseRow } from './panel.ts';

/** The column `note` holds what stays with a person. */
export const identified = { identity: 'note' } as const;

/** `ada@example.test`, who is person 1. */
export function identifiedPerson(name: string, id: string | null, city = 'Rome'): WarehouseRow {
  return { email: `${name}@example.test`, city, note: id };
}

/** `ada=1 bob=2`; without a number, nobody knows who it is. */
export function identifiedPeople(text: string): readonly WarehouseRow[] {
  return text.split(' ').map((part) => {
    const [name = '', id = null] = part.split('=');
    return identifiedPerson(name, id);
  });
}

/** A run that knows people by their identity, after the model has become these rows. */
export async function runIdentified(
  panel: TestPanel,
  rows: readonly WarehouseRow[] | string,
  options: RunOptions = {},
): Promise<RunReport> {
  await panel.setPeople(typeof rows === 'string' ? identifiedPeople(rows) : rows);
  return panel.run({ ...options, sync: { ...identified, ...options.sync } });
}

/** `ada > ada2: kept`, everybody who was ever renamed. */
export async function listRenames(panel: TestPanel): Promise<readonly string[]> {
  const filter = { reason: null, field: null, message: null, search: null, shuffledBy: null };
  const query = { ...filter, sort: 'at', descending: false, limit: 50, after: null };
  const { items } = await (await panel.records()).rows({ list: 'renames', sync: 'panel' }, query);
  return (items as readonly RenamedPerson[]).map(
    ({ email, previousEmail, reason }) => `${nameOf(previousEmail)} > ${nameOf(email)}: ${reason}`,
  );
}

function nameOf(email: string): string {
  return email.slice(0, email.indexOf('@'));
}
