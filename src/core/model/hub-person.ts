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

/** Entries `(number - 1) * size` to `number * size - 1` of a list, counted from 0. */
export interface ListRange {
  readonly number: number;
  readonly size: number;
}

/** The most entries that the Hub returns at once. */
export const maxListSize = 200;

/** An entry of the Hub's list; `id` tells it from the others. */
export type ListEntry =
  { readonly id: string; readonly person: HubPerson } | { readonly id: string; readonly unusable: UnusableEntry };

/** One page of the Hub's list. The list may shift between two pages as people come and go. */
export interface ParticipantPage {
  readonly entries: readonly ListEntry[];
  /** How many people the list has, where the Hub says so. */
  readonly total: number | null;
  /** Whether the list ends here; `null` where the Hub does not say. */
  readonly last: boolean | null;
}

/** A characteristic as the Hub defines it; `type` in the Hub's own words. */
export interface HubCharacteristic {
  readonly slug: string;
  readonly type: string | null;
  readonly name: string | null;
}
