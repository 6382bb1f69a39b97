/** Should we go on? `drain` starts no new batch and settles those in flight; `abort` drops everything now. */
export interface ShutdownSignals {
  readonly drain: AbortSignal;
  readonly abort: AbortSignal;
}
