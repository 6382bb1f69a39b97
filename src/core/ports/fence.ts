/**
 * May we still send? A process that is frozen, or cut off from the state database, loses that right without noticing,
 * so it is asked right before a request goes out. Once lost, it stays lost.
 */
export interface Fence {
  /** Whether a request may go on the wire at this very moment. */
  isHeld(): boolean;
  /** Asks the state database, however slow it is; resolves with whether the right is still ours. */
  renew(): Promise<boolean>;
}

/** For what needs no right to send: no other process can take its place. */
export const openFence: Fence = { isHeld: () => true, renew: () => Promise.resolve(true) };
