/** What the simulator has received since it started or was reset. */
export interface Counters {
  /** Requests to the API, whatever their response. */
  readonly requests: number;
  /** Those among them that only read. */
  readonly reads: number;
  readonly byStatus: ReadonlyMap<number, number>;
  /** Requests whose connection was cut before the whole response was written. */
  readonly cut: number;
  readonly batchesApplied: number;
  readonly rowsApplied: number;
  readonly created: number;
  readonly updated: number;
  /** How often each e-mail was applied; stays empty with `recordApplied: false`. */
  readonly applied: ReadonlyMap<string, number>;
  /** E-mails that were applied more than once. */
  readonly repeated: number;
}

export interface RequestEntry {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: string;
  /** `null`: the connection was cut. */
  readonly status: number | null;
  /** `null`: the body was not parsed. */
  readonly rows: number | null;
  readonly requestId: string;
}

export class RequestLog implements Counters {
  requests = 0;
  reads = 0;
  cut = 0;
  batchesApplied = 0;
  created = 0;
  updated = 0;
  repeated = 0;
  readonly byStatus = new Map<number, number>();
  readonly applied = new Map<string, number>();
  #entries: RequestEntry[] = [];
  #lastRequestNumber = 0;

  get rowsApplied(): number {
    return this.created + this.updated;
  }

  nextRequestId(): string {
    this.#lastRequestNumber += 1;
    return `sim-${this.#lastRequestNumber}`;
  }

  /** The last answered requests, oldest first. */
  latest(size: number): readonly RequestEntry[] {
    return size === 0 ? [] : this.#entries.slice(-size);
  }

  record(entry: RequestEntry, logSize: number): void {
    if (entry.status === null) this.cut += 1;
    else this.byStatus.set(entry.status, (this.byStatus.get(entry.status) ?? 0) + 1);
    this.#entries.push(entry);
    // Shortened only now and then, because each time moves the whole log.
    if (this.#entries.length > 2 * logSize) this.#entries = this.#entries.slice(this.#entries.length - logSize);
  }

  recordRow(key: string, created: boolean, countApplied: boolean): void {
    if (created) this.created += 1;
    else this.updated += 1;
    if (!countApplied) return;
    const times = (this.applied.get(key) ?? 0) + 1;
    this.applied.set(key, times);
    if (times === 2) this.repeated += 1;
  }

  clear(): void {
    this.requests = 0;
    this.reads = 0;
    this.cut = 0;
    this.batchesApplied = 0;
    this.created = 0;
    this.updated = 0;
    this.repeated = 0;
    this.byStatus.clear();
    this.applied.clear();
    this.#entries = [];
  }
}
