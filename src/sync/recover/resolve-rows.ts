import type { HubPerson } from '../../core/model/hub-person.ts';
import { createKeeping } from '../../core/model/payload-codec.ts';
import { emailKey } from '../../core/model/key.ts';
import type { Finding, OutboxRow, TakenRow } from '../../core/ports/run-store.ts';
import { differingFields, personReader } from '../../core/model/normalize-person.ts';
import { readPayload } from '../../core/model/participant.ts';
import type { Formats } from '../../core/ports/ports.ts';
import type { Projection } from '../../core/model/projection.ts';
import type { Payload } from '../../core/model/terms.ts';

/** What may have been stored is compared as it was sent: its values, whatever the state keeps of them. */
const inFull = createKeeping({ payload: 'full', hashKey: null });

/** How a sync sees what the Hub holds. */
export interface Eyes {
  readonly projection: Projection;
  readonly formats: Formats;
}

/** The e-mail that a row was sent with, as a key; `null`: nobody can look it up. */
export function lookedUpBy(row: OutboxRow): string | null {
  return emailKey(readPayload(row.payload).fields.email ?? null);
}

/** The payload, with all its values, that a person of the Hub comes to; `null`: they stand for nobody. */
export function listedAs(person: HubPerson, { projection, formats }: Eyes): Payload | null {
  const listed = personReader(projection, formats, { keeping: inFull, forgotten: null })(person);
  return 'person' in listed ? readPayload(listed.person.payload) : null;
}

/** What the Hub's people say about rows that may have been stored. Rows that cannot be looked up are left out. */
export function findOut(
  rows: readonly OutboxRow[],
  people: ReadonlyMap<string, HubPerson>,
  { projection, formats }: Eyes,
): Finding {
  const read = personReader(projection, formats, { keeping: inFull, forgotten: null });
  const arrived: OutboxRow[] = [];
  const taken: TakenRow[] = [];
  const absent: OutboxRow[] = [];
  for (const row of rows) {
    const email = lookedUpBy(row);
    if (email === null) continue;
    const found = people.get(email);
    const listed = found === undefined ? null : read(found);
    if (listed === null || 'unusable' in listed) {
      absent.push(row);
      continue;
    }
    const { payload } = listed.person;
    const differing = differingFields({ key: row.key, snapshot: row.payload, hub: payload }, projection, inFull);
    if (Object.keys(differing).length === 0) arrived.push(row);
    else taken.push({ row, payload });
  }
  return { arrived, taken, absent };
}
