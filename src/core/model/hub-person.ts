import type { CharacteristicValue, FieldName } from './terms.ts';

/** A person as the Hub's list has them, under our names; fields that the Hub leaves out are absent. */
export interface HubPerson {
  readonly email: string;
  readonly fields: Readonly<Partial<Record<FieldName, string | null>>>;
  readonly characteristics: Readonly<Record<string, CharacteristicValue>>;
}

/** An entry of the Hub's list that stands for nobody. `id` is the Hub's own, to find it by. */
export interface UnusableEntry {
  readonly id: string | null;
  readonly reason: string;
}

/** One page of the Hub's list. The list may shift between two pages as people come and go. */
export interface ParticipantPage {
  readonly people: readonly HubPerson[];
  readonly unusable: readonly UnusableEntry[];
  /** How many people the list holds, where the Hub says so. */
  readonly total: number | null;
  readonly last: boolean;
}

/** A characteristic as the Hub defines it; `type` in the Hub's own words. */
export interface HubCharacteristic {
  readonly slug: string;
  readonly type: string | null;
  readonly name: string | null;
}
