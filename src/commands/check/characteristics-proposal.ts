/** What the Hub defines, and which columns of a model look like it. Pure. */

import type { HubCharacteristic } from '../../core/model/hub-person.ts';
import type { Projection } from '../../core/model/projection.ts';
import type { Column } from '../../core/model/terms.ts';
import { defaultTypeFor, isConvertible } from '../../core/model/value.ts';
import { sanitize } from '../../lib/terminal/printable.ts';
import { characteristicTypeOf } from '../../sync/deliver/characteristics-check.ts';

/** So many definitions are listed; a panel with more has its own page for them. */
const maxListed = 100;

/** Slugs and types, as the Hub names them. */
export function definitionsText(defined: readonly HubCharacteristic[]): string {
  const listed = defined
    .slice(0, maxListed)
    .map(({ slug, type }) => `${sanitize(slug)} (${sanitize(type ?? 'no type')})`);
  const remainder = defined.length > maxListed ? `, and ${defined.length - maxListed} more` : '';
  return `The Hub defines ${listed.join(', ')}${remainder}.`;
}

/** Lines for the mapping: unmapped characteristics whose slug or name a column has; `null` without any. */
export function proposalText(
  { sync, characteristics, fields }: Projection,
  columns: readonly Column[],
  defined: readonly HubCharacteristic[],
): string | null {
  const mappedSlugs = new Set(characteristics.map(({ slug }) => slug));
  const mappedColumns = new Set([...fields, ...characteristics].map(({ column }) => column.name));
  const unmapped = columns.filter(({ name }) => !mappedColumns.has(name) && name !== sync.key);
  const lines = defined
    .filter(({ slug }) => !mappedSlugs.has(slug))
    .flatMap((one) => {
      const column = unmapped.find(({ name }) => [one.slug, one.name ?? one.slug].map(toWord).includes(toWord(name)));
      return column === undefined ? [] : proposedLine(one, column);
    });
  if (lines.length === 0) return null;
  return `Columns that look like other characteristics; to send them, add to syncs.${sync.name}.mapping.characteristics:\n${lines.join('\n')}`;
}

function proposedLine(characteristic: HubCharacteristic, { name, kind }: Column): readonly string[] {
  const type = characteristicTypeOf(characteristic);
  if (!isConvertible(kind, type ?? 'text')) return [];
  const [slug, column] = [characteristic.slug, name].map((text) =>
    /^[A-Za-z_][\w-]*$/.test(text) ? text : JSON.stringify(text),
  );
  return [
    type === null || type === defaultTypeFor(kind)
      ? `  ${slug}: ${column}`
      : `  ${slug}: { column: ${column}, type: ${type} }`,
  ];
}

/** Case, spaces and separators do not matter. */
function toWord(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}
