import type { WireSettings } from './settings.ts';

/** What the vendor's API description says about how participants are sent, and where it says so. */

export interface SpecPlace {
  /** A JSON pointer into the file. */
  readonly pointer: string;
  readonly line: number;
}

export interface ReferenceFinding {
  readonly text: string;
  readonly place: SpecPlace;
}

export interface Derived<T> {
  readonly value: T;
  readonly place: SpecPlace;
}

/** Settings of `destination.wire` that an API description can decide. */
export const wireSettingNames = ['auth', 'envelope', 'fieldCase', 'characteristics'] as const;

/** The values that the API accepts, the likeliest first; a setting is left out where the file does not decide it. */
export type DerivedSettings = {
  readonly [Name in keyof WireSettings]?: Derived<readonly [WireSettings[Name], ...WireSettings[Name][]]>;
};

export interface WireReference {
  readonly title: string;
  readonly version: string;
  readonly operation: { readonly method: string; readonly path: string; readonly place: SpecPlace };
  readonly settings: DerivedSettings;
  /** Participants per request; `null`: the file does not say. */
  readonly maxBatchSize: Derived<number> | null;
  /** Addresses that `destination.baseUrl` may have; `null`: the file names none. */
  readonly baseUrls: Derived<readonly string[]> | null;
  /** What is good to know and needs no setting. */
  readonly facts: readonly ReferenceFinding[];
  /** What no setting can express. */
  readonly unsupported: readonly ReferenceFinding[];
}
