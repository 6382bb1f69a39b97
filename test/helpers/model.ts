import { copyEscape } from '../../src/core/copy-text.ts';
import { projectOrThrow } from '../../src/core/projection.ts';
import type { Projection } from '../../src/core/projection.ts';
import type { SyncSettings } from '../../src/core/settings.ts';
import type { Column, ColumnKind } from '../../src/core/types.ts';
import { usualSync } from './panel.ts';

/** Columns by their names; those that are not told to be of another kind are text. */
export function columnsOf(
  names: readonly string[],
  kinds: Readonly<Record<string, ColumnKind>> = {},
): readonly Column[] {
  return names.map((name) => ({ name, kind: kinds[name] ?? 'text', type: kinds[name] ?? 'text' }));
}

/** The usual sync with these settings, laid over the columns. */
export function projectionOf(sync: Partial<SyncSettings>, columns: readonly Column[]): Projection {
  return projectOrThrow({ ...usualSync, ...sync }, columns);
}

/** The line that a source gives for a row, whose values stand in the order of the columns. */
export function lineOf(projection: Projection, row: readonly (string | null)[]): string {
  return valuesOf(projection, row).map(copyEscape).join('\t');
}

/** The values of the same line. */
export function valuesOf(projection: Projection, row: readonly (string | null)[]): readonly (string | null)[] {
  return projection.positions.map((at) => row[at] ?? null);
}
