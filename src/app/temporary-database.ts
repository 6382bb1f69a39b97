import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Log } from '../core/ports/log.ts';
import { findDataFolder } from '../embedded/cluster.ts';
import { startEmbedded } from '../embedded/embedded.ts';
import { openDatabase } from '../state/db/database.ts';

/** Embedded Postgres for data that nobody will miss: warehouse and state of the demo. */
export interface TemporaryDatabase {
  readonly url: string;
  /** Where the data is when Postgres could not reach the folder it was given; `null`: in that folder. */
  readonly relocatedTo: string | null;
  rows<Row extends object>(sql: string): Promise<readonly Row[]>;
  close(): Promise<void>;
}

export async function openTemporaryDatabase(directory: string, log: Log): Promise<TemporaryDatabase> {
  const postgres = await startEmbedded({ directory, log, durability: 'throwaway' });
  const database = openDatabase(postgres.url, 'public');
  const dataFolder = dirname((await findDataFolder(directory)) ?? join(directory, 'postgres'));
  return {
    url: postgres.url,
    relocatedTo: dataFolder === (await realpath(directory)) ? null : dataFolder,
    rows: (sql) => database.query({ text: sql }),
    close: async () => {
      await database.close();
      await postgres.close();
    },
  };
}
