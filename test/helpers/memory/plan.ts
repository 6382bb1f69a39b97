import type {
  Candidate,
  Difference,
  DifferenceOptions,
  IdentifiedPerson,
  PlanCounts,
  PlanPage,
  PlanRecorder,
  RemovalCandidate,
  RemovalQuery,
  StageWriter,
} from '../../../src/core/ports/run/plan-store.ts';

export interface StagedRow {
  readonly key: string;
  readonly rowHash: string;
  readonly position: number;
}

/** What the snapshot holds of a key. */
export interface SnapshotEntry {
  readonly rowHash: string;
  readonly payloadHash: string;
}

/** The stage in memory. */
export class MemoryStage implements StageWriter {
  readonly rows: StagedRow[] = [];
  readonly calls: string[] = [];

  expect(): void {
    this.calls.push('expect');
  }

  add(key: string, rowHash: string, position: number): void {
    this.rows.push({ key, rowHash: Buffer.from(rowHash, 'latin1').toString('hex'), position });
  }

  async flush(): Promise<void> {
    this.calls.push('flush');
  }

  async finish(): Promise<void> {
    this.calls.push('finish');
  }

  async cancel(): Promise<void> {
    this.calls.push('cancel');
  }
}

/** Stage against snapshot, as the state database compares them: the counts, and the rows that may have changed. */
export function differenceInMemory(
  staged: readonly StagedRow[],
  snapshot: ReadonlyMap<string, SnapshotEntry>,
  options: Omit<DifferenceOptions, 'staged'>,
): {
  readonly difference: Difference;
  readonly changed: readonly (StagedRow & { readonly known: SnapshotEntry | null })[];
} {
  const groups = new Map<string, StagedRow[]>();
  for (const row of staged) groups.set(row.key, [...(groups.get(row.key) ?? []), row]);
  const deduplicated = [...groups.values()].flatMap((rows) =>
    options.duplicates === 'first' || rows.length === 1 ? rows.slice(0, 1) : [],
  );
  const joined = deduplicated.map((row) => ({ ...row, known: snapshot.get(row.key) ?? null }));
  const changed = joined.filter(({ rowHash, known }) => options.full || known?.rowHash !== rowHash);
  const added = options.updateOnly ? changed.filter(({ known }) => known === null).length : 0;
  const removed = [...snapshot.keys()].filter((key) => !groups.has(key)).length;
  return {
    difference: {
      duplicate: staged.length - deduplicated.length,
      unchanged: deduplicated.length - changed.length,
      notInSnapshot: added,
      forgotten: 0,
      candidates: changed.length - added,
      removed,
      snapshot: snapshot.size,
    },
    changed: changed
      .filter(({ known }) => !options.updateOnly || known !== null)
      .toSorted((a, b) => a.position - b.position),
  };
}

/** A plan's record in memory. */
export class MemoryRecorder implements PlanRecorder {
  readonly pages: PlanPage[] = [];
  committed: PlanCounts | null = null;
  /** People who left or are back, whoever asks. */
  removalCandidates: readonly RemovalCandidate[] = [];
  readonly removalQueries: RemovalQuery[] = [];
  /** Old keys of people whom the snapshot knows by their identity, and who have left the model. */
  readonly oldKeys = new Map<string, string>();
  readonly claims: IdentifiedPerson[] = [];
  readonly #candidates: readonly Candidate[];
  readonly #pageSize: number;

  constructor(candidates: readonly Candidate[], pageSize = 4000) {
    this.#candidates = candidates;
    this.#pageSize = pageSize;
  }

  async *candidates(): AsyncGenerator<readonly Candidate[]> {
    for (let at = 0; at < this.#candidates.length; at += this.#pageSize) {
      yield this.#candidates.slice(at, at + this.#pageSize);
    }
  }

  async *removals(query: RemovalQuery): AsyncGenerator<readonly RemovalCandidate[]> {
    this.removalQueries.push(query);
    if (this.removalCandidates.length > 0) yield this.removalCandidates;
  }

  async claimRenames(people: readonly IdentifiedPerson[]): Promise<ReadonlyMap<string, string>> {
    this.claims.push(...people);
    const renamed = people.flatMap(({ key, identity }) => {
      const oldKey = this.oldKeys.get(identity);
      return this.oldKeys.delete(identity) && oldKey !== undefined ? [[key, oldKey] as const] : [];
    });
    return new Map(renamed);
  }

  async add(page: PlanPage): Promise<void> {
    this.pages.push(page);
  }

  async commit(counts: PlanCounts): Promise<void> {
    this.committed = counts;
  }

  async rollback(): Promise<void> {
    this.pages.splice(0);
  }
}
