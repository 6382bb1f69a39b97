import { stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import type { DuckDbSourceSettings } from '../../core/settings.ts';
import type { Engine } from './engine.ts';

/** DuckDB keeps a log of the files that it opens; nobody locks them, as it does a database file. */
const openedFiles = `select distinct path from duckdb_logs_parsed('FileSystem') where op = 'OPEN'`;

/** A clock of a file system may be so much coarser than ours. */
const clockToleranceMs = 20;

/**
 * The first file that the model has read and that was written, replaced or removed since `startedAt`; `null` without one.
 * A file that another one replaces counts as changed when it is renamed.
 */
export async function findChangedFile(
  engine: Pick<Engine, 'query' | 'temporaryDirectory'>,
  { directory, database }: DuckDbSourceSettings,
  startedAt: number,
): Promise<string | null> {
  for (const [path] of await engine.query(openedFiles)) {
    const file = resolve(directory, path ?? '');
    if (file === database || file.startsWith(engine.temporaryDirectory + sep)) continue;
    const changedAt = await stat(file).then(
      ({ ctimeMs }) => ctimeMs,
      () => Infinity,
    );
    if (changedAt > startedAt + clockToleranceMs) return path ?? null;
  }
  return null;
}
