/** The people of the simulated Hub, and the rules that a row must meet. */

import type { CharacteristicValue, FieldName } from '../../core/model/terms.ts';

type Fields = Readonly<Partial<Record<FieldName, string | null>>>;
type Characteristics = Readonly<Record<string, CharacteristicValue>>;

/** A person of the simulated panel; `fields.email` is spelled as it was last sent. */
export interface Person {
  readonly id: string;
  readonly fields: Fields;
  readonly characteristics: Characteristics;
}

/** A change to a person: absent fields stay as they are, null clears. */
export type PersonChange = Fields & { readonly characteristics?: Characteristics };

export interface UpsertResult {
  readonly person: Person;
  /** The person's key in `people`. */
  readonly key: string;
  readonly created: boolean;
}

interface StoredPerson {
  readonly id: string;
  fields: Fields;
  characteristics: Characteristics;
}

/** How e-mails are compared. */
export function emailKey(email: string): string {
  return email.trim().toLowerCase();
}

function withoutCharacteristics(change: PersonChange): Fields {
  const { characteristics: _, ...fields } = change;
  return fields;
}

/** The people of the simulated Hub, by e-mail and in the order they were added. */
export class Panel {
  readonly #byKey = new Map<string, StoredPerson>();
  #ordered: StoredPerson[] = [];
  readonly #removed = new Set<StoredPerson>();
  #lastId = 0;

  get people(): ReadonlyMap<string, Person> {
    return this.#byKey;
  }

  /** Creates the person, or merges into the one with the same e-mail. */
  upsert(fields: Fields, characteristics: Characteristics): UpsertResult {
    const email = fields.email ?? null;
    const key = email === null ? null : emailKey(email);
    const existing = key === null ? undefined : this.#byKey.get(key);
    if (existing !== undefined && key !== null) {
      existing.fields = { ...existing.fields, ...fields };
      existing.characteristics = { ...existing.characteristics, ...characteristics };
      return { person: existing, key, created: false };
    }
    this.#lastId += 1;
    const person: StoredPerson = { id: String(this.#lastId), fields, characteristics };
    // No e-mail looks like this, so the two kinds of key cannot collide.
    const newKey = key ?? `id:${person.id}`;
    this.#byKey.set(newKey, person);
    this.#ordered.push(person);
    return { person, key: newKey, created: true };
  }

  add(person: PersonChange): Person {
    const email = person.email ?? null;
    if (email !== null && this.#byKey.has(emailKey(email))) {
      throw new Error('The simulated panel already has this person.');
    }
    return this.upsert(withoutCharacteristics(person), { ...person.characteristics }).person;
  }

  edit(email: string, change: PersonChange): Person {
    const key = emailKey(email);
    const person = this.#find(key);
    const newKey = typeof change.email === 'string' ? emailKey(change.email) : key;
    if (newKey !== key) {
      if (this.#byKey.has(newKey)) throw new Error('The simulated panel already has the new e-mail.');
      this.#byKey.delete(key);
      this.#byKey.set(newKey, person);
    }
    person.fields = { ...person.fields, ...withoutCharacteristics(change) };
    person.characteristics = { ...person.characteristics, ...change.characteristics };
    return person;
  }

  remove(email: string): void {
    const key = emailKey(email);
    this.#removed.add(this.#find(key));
    this.#byKey.delete(key);
  }

  /** People from an offset on, in the order they were added; late pages cost no more than early ones. */
  slice(offset: number, limit: number): readonly Person[] {
    if (this.#removed.size > 0) {
      this.#ordered = this.#ordered.filter((person) => !this.#removed.has(person));
      this.#removed.clear();
    }
    return this.#ordered.slice(offset, offset + limit);
  }

  clear(): void {
    this.#byKey.clear();
    this.#ordered = [];
    this.#removed.clear();
  }

  #find(key: string): StoredPerson {
    const person = this.#byKey.get(key);
    if (person === undefined) throw new Error('The simulated panel does not have this person.');
    return person;
  }
}
