import type { Log } from '../../core/ports/log.ts';
import type { Database } from '../db/database.ts';
import { outdateFingerprints } from '../tables/fingerprints.ts';
import type { ForgottenCopy, StateMarks } from './state-marks.ts';

/**
 * People who are forgotten stay so when a backup from before is restored: a copy of their keyed hashes is kept with the
 * marks. The newer of the two counts; called before anybody is sent, and around every change.
 */
export async function reconcileForgotten(database: Database, marks: StateMarks, log: Log): Promise<void> {
  const copy = await marks.readForgotten();
  const version = await readVersion(database);
  if (copy !== null && copy.version > version) {
    const restored = await restore(database, copy);
    log.warn('the state database was restored from before people were forgotten', { restored });
  } else if (version > (copy?.version ?? 0)) {
    await marks.writeForgotten(await readCopy(database));
  }
}

/** Part of the transaction that changes who is forgotten. */
export const nextForgottenVersion = 'update state_identity set forgotten_version = forgotten_version + 1';

async function readVersion(database: Database): Promise<number> {
  const [row] = await database.query<{ version: number }>({
    text: 'select forgotten_version as version from state_identity',
  });
  return row?.version ?? 0;
}

async function readCopy(database: Database): Promise<ForgottenCopy> {
  const people = await database.query<{ person: string; sync: string | null }>({
    text: 'select f.person, s.name as sync from forgotten f left join syncs s on s.id = f.sync_id order by f.person',
  });
  return { version: await readVersion(database), people };
}

/** Returns how many people were missing. */
async function restore(database: Database, { version, people }: ForgottenCopy): Promise<number> {
  return database.transaction(async (client) => {
    await outdateFingerprints(client, null);
    const names = people.map(({ sync }) => sync);
    await client.query(
      'insert into syncs (name) select distinct name from unnest($1::text[]) as name where name is not null on conflict do nothing',
      [names],
    );
    const { rowCount } = await client.query(
      `insert into forgotten (person, sync_id)
       select c.person, s.id from unnest($1::uuid[], $2::text[]) as c (person, sync) left join syncs s on s.name = c.sync
       on conflict do nothing`,
      [people.map(({ person }) => person), names],
    );
    await client.query('update state_identity set forgotten_version = $1', [version]);
    return rowCount;
  });
}
