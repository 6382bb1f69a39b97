import type { HubPerson } from '../core/hub-people.ts';
import { emailKey } from '../core/key.ts';
import type { Finding, OutboxRow, TakenRow } from '../core/ledger.ts';
import { canonicalText, flatFields } from '../core/participant.ts';
import type { Formats } from '../core/ports.ts';
import type { Mapping, SyncSettings } from '../core/settings.ts';
import { fieldNames } from '../core/types.ts';
import type { CharacteristicValue, Payload } from '../core/types.ts';

/** How a sync sees what the Hub holds. */
export interface Eyes {
  readonly sync: Pick<SyncSettings, 'mapping' | 'nulls' | 'phone'>;
  readonly formats: Formats;
}

/** The e-mail that a row was sent with, as a key; `null`: nobody can look it up. */
export function lookedUpBy(row: OutboxRow): string | null {
  return emailKey(payloadOf(row).fields.email ?? null);
}

/** What the Hub's people say about rows that may have been stored. Rows that cannot be looked up are left out. */
export function findOut(rows: readonly OutboxRow[], people: ReadonlyMap<string, HubPerson>, eyes: Eyes): Finding {
  const arrived: OutboxRow[] = [];
  const taken: TakenRow[] = [];
  const absent: OutboxRow[] = [];
  for (const row of rows) {
    const email = lookedUpBy(row);
    if (email === null) continue;
    const person = people.get(email);
    if (person === undefined) absent.push(row);
    else if (holds(person, payloadOf(row), eyes)) arrived.push(row);
    else {
      taken.push({ row, payload: canonicalText(seen(person, eyes)) });
    }
  }
  return { arrived, taken, absent };
}

/** Whether the Hub has everything that was sent, in whatever form it keeps it. */
function holds(person: HubPerson, sent: Payload, eyes: Eyes): boolean {
  const held = flatFields(seen(person, eyes));
  return [...flatFields(sent)].every(([name, value]) => {
    // People are found by their e-mail, and the Hub may keep it in another case.
    if (name === 'email') return true;
    return sameText(held.get(name) ?? null, value);
  });
}

function sameText(held: CharacteristicValue, sent: CharacteristicValue): boolean {
  return held === null || sent === null ? held === sent : String(held) === String(sent);
}

/** What the Hub holds of a person in the fields that the sync maps, in the form that payloads have. */
function seen(person: HubPerson, { sync, formats }: Eyes): Payload {
  const { mapping, nulls, phone } = sync;
  const keeps = (value: CharacteristicValue): boolean => value !== null || nulls === 'null';
  const fields: Partial<Record<keyof Mapping['fields'], string | null>> = {};
  for (const name of fieldNames) {
    if (mapping.fields[name] === undefined) continue;
    const text = name === 'email' ? person.email.trim() : plain(person.fields[name] ?? null);
    const value = name === 'phone_number' && text !== null ? (formats.phone(text, phone.defaultCountry) ?? text) : text;
    if (keeps(value)) fields[name] = value;
  }
  const slugs = Object.keys(mapping.characteristics).toSorted();
  const characteristics = slugs.flatMap((slug): readonly (readonly [string, CharacteristicValue])[] => {
    const value = person.characteristics[slug] ?? null;
    const held = typeof value === 'string' ? plain(value) : value;
    return keeps(held) ? [[slug, held]] : [];
  });
  return { fields, characteristics: Object.fromEntries(characteristics) };
}

/** As texts of the model are written: trimmed, NFC, and null when nothing is left. */
function plain(text: string | null): string | null {
  const trimmed = text?.trim().normalize('NFC') ?? '';
  return trimmed === '' ? null : trimmed;
}

function payloadOf({ payload }: OutboxRow): Payload {
  const parsed: Payload = JSON.parse(payload);
  return parsed;
}
