/** The newest time of the rows that a run read; `newestAt` null: no row has one. */
export interface DataFreshness {
  readonly column: string;
  readonly newestAt: Date | null;
  /** `freshness.maxAge` of the sync, then. */
  readonly maxAgeMs: number;
}

/** In the report of a run, by its start; in the status of a sync, by now. */
export interface FreshnessReport {
  readonly column: string;
  /** ISO 8601. */
  readonly newestAt: string | null;
  readonly maxAgeSeconds: number;
  /** Whether the newest data is older than that. */
  readonly stale: boolean;
}

/** Data without a time is as old as can be. */
export function isStale({ newestAt, maxAgeMs }: Omit<DataFreshness, 'column'>, at: Date): boolean {
  return newestAt === null || at.getTime() - newestAt.getTime() > maxAgeMs;
}

export function freshnessReport(data: DataFreshness, at: Date): FreshnessReport {
  const { column, newestAt, maxAgeMs } = data;
  return {
    column,
    newestAt: newestAt?.toISOString() ?? null,
    maxAgeSeconds: maxAgeMs / 1000,
    stale: isStale(data, at),
  };
}
