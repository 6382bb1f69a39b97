import type { ForgottenPeople } from '../../model/forgotten-people.ts';

/** People who are not sent, whatever their row says. */
export interface Suppressions {
  /** People who are never to be sent; `null` while there are none. */
  forgotten(): Promise<ForgottenPeople | null>;
  /** Suppresses the people of batches whose outcome is still unknown, and nobody else for that reason. */
  suppressUnknown(): Promise<SuppressedCounts>;
}

/** Batches whose outcome is unknown, and the people in them, who are not sent until it is resolved. */
export interface SuppressedCounts {
  readonly batches: number;
  readonly people: number;
}
