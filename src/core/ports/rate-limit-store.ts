/** The queue of all who send with one key, in whatever process. It speaks in durations, because clocks differ. */
export interface RateLimitStore {
  /** Books `count` places in a row, `spacingMs` apart; resolves with how many milliseconds it is to the first. */
  reserve(count: number, spacingMs: number): Promise<number>;
  /** Nobody gets a place for so long. A longer pause that is under way stays. */
  pause(durationMs: number): Promise<void>;
  /** What is left of a pause. */
  pausedMs(): Promise<number>;
}
