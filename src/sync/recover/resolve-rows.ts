import type { HubPerson } from '../../core/model/hub-person.ts';
import { createPayloadCodec } from '../../core/model/payload-codec.ts';
import { emailKey } from '../../core/model/key.ts';
import type { Resolution, ConflictingRow } from '../../core/ports/run/unknown-outcomes.ts';
import type { OutboxRow } from '../../core/ports/run/ledger.ts';
import { comparePayloads } from '../../core/model/difference.ts';
import { createPersonNormalizer } from '../../core/model/normalize-person.ts';
import { parsePayload } from '../../core/model/participant.ts';
import type { Formats } from '../../core/ports/formats.ts';
import type { Projection } from '../../core/model/projection.ts';
import type { Payload } from '../../core/model/terms.ts';

/** What may have been stored is compared as it was sent: its values, whatever the state keeps of them. */
const fullCodec = createPayloadCodec({ payload: 'full', hashKey: null });

/** How a sync sees what the Hub holds. */
export interface PayloadOptions {
  readonly projection: Projection;
  readonly formats: Formats;
}

/** The e-mail that a row was sent with, as a key; `null`: nobody can look it up. */
export function lookupKey(row: OutboxRow): string | null {
  return emailKey(parsePayload(row.payload).fields.email ?? null);
}

/** The payload, with all its values, that a person of the Hub comes to; `null`: they stand for nobody. */
export function hubPersonPayload(person: HubPerson, { projection, formats }: PayloadOptions): Payload | null {
  const listed = createPersonNormalizer(projection, formats, { codec: fullCodec, forgotten: null })(person);
  return 'person' in listed ? parsePayload(listed.person.payload) : null;
}

/** What the Hub's people say about rows that may have been stored. Rows that cannot be looked up are left out. */
export function resolveRows(
  rows: readonly OutboxRow[],
  people: ReadonlyMap<string, HubPerson>,
  { projection, formats }: PayloadOptions,
): Resolution {
  const normalizePerson = createPersonNormalizer(projection, formats, { codec: fullCodec, forgotten: null });
  const applied: OutboxRow[] = [];
  const conflicting: ConflictingRow[] = [];
  const notApplied: OutboxRow[] = [];
  for (const row of rows) {
    const email = lookupKey(row);
    if (email === null) continue;
    const person = people.get(email);
    const listed = person === undefined ? null : normalizePerson(person);
    if (listed === null || 'unusable' in listed) {
      notApplied.push(row);
      continue;
    }
    const { payload } = listed.person;
    const { differing } = comparePayloads(
      { key: row.key, sent: row.payload, held: payload, heldBy: 'hub' },
      projection,
      fullCodec,
    );
    if (Object.keys(differing).length === 0) applied.push(row);
    else conflicting.push({ row, payload });
  }
  return { applied, conflicting, notApplied };
}
