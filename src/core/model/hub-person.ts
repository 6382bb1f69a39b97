import type { CharacteristicValue, FieldName } from './terms.ts';

/** A person of the Hub's list, under panelsync's names; fields that the Hub leaves out are absent. */
export interface HubPerson {
  readonly email: string;
  readonly fields: Readonly<Partial<Record<FieldName, string | null>>>;
  readonly characteristics: Readonly<Record<string, CharacteristicValue>>;
}

/** An entry of the Hub's list that is not a person. `id` is the Hub's, to find it by. */
export interface UnusableEntry {
  readonly id: string | null;
  readonly reason: string;
}

/** One page of the Hub's list. The list may shift between two pages as people come and go. */
export interface ParticipantPage {
  readonly people: readonly HubPerson[];
  readonly unusable: readonly UnusableEntry[];
  /** How many people the list has, where the Hub says so. */
  readonly total: number | null;
  readonly last: boolean;
}

/** A characteristic as the Hub defines it; `type` in the Hub's own words. */
export interface HubCharacteristic {
  readonly slug: string;
  readonly type: string | null;
  readonly name: string | null;
}
