import type { CharacteristicValue } from '../model/terms.ts';

/** `accepted`: the Hub took the test person, but what it stored could not be seen, or proved nothing. */
export type CanaryVerdict = 'confirmed' | 'accepted' | 'wrong';

/** What a canary can say something about: the address, and the parts of the wire profile. */
export type WireSetting = 'baseUrl' | 'auth' | 'version' | 'envelope' | 'fieldCase' | 'characteristics';

export interface SettingResult {
  readonly setting: WireSetting;
  /** Its value; `null` if it is not configurable. */
  readonly value: string | null;
  /** `open`: this canary could not tell. */
  readonly status: 'confirmed' | 'wrong' | 'open';
  readonly message: string;
  /** What to try. */
  readonly hint: string | null;
}

/**
 * `unproven`: the Hub held the same before; `dropped`: it took the person and left this as it was; `altered`: it holds
 * another value than was sent, and another than before; `unseen`: what it holds could not be read.
 */
export type FieldStatus = 'arrived' | 'unproven' | 'dropped' | 'altered' | 'refused' | 'unseen';

export interface FieldResult {
  readonly field: string;
  readonly status: FieldStatus;
  readonly sent: CharacteristicValue;
  /** What the Hub holds; `null` where it holds nothing, or cannot be read. */
  readonly held: CharacteristicValue;
}

/** What is kept of a canary: nothing of the person. */
export interface CanaryRecord {
  readonly verdict: CanaryVerdict;
  readonly sync: string;
  readonly person: 'model' | 'made_up';
  readonly settings: readonly Pick<SettingResult, 'setting' | 'status'>[];
  readonly fields: readonly Pick<FieldResult, 'field' | 'status'>[];
}

/** The last canary of each destination, which is an address with a wire profile. */
export interface CanaryStore {
  last(destination: string): Promise<{ readonly verdict: CanaryVerdict; readonly at: string } | null>;
  /** Returns when that was. */
  record(destination: string, canary: CanaryRecord): Promise<string>;
}
