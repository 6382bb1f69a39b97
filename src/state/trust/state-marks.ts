import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../../core/ports/log.ts';
import type { Database } from '../db/database.ts';

/** How far the ledger of a sync had come when this process, or one before it on this machine, last wrote to it. */
export interface SyncMark {
  readonly runId: string;
  /** Seconds since 1970, as the state database wrote them: a run that takes the same id after a restore has another. */
  readonly startedAt: string;
  readonly recorded: number;
  readonly settled: number;
}

/** A copy of who is forgotten. */
export interface ForgottenCopy {
  readonly version: number;
  readonly people: readonly { readonly person: string; readonly sync: string | null }[];
}

const writeIntervalMs = 1000;

/**
 * What survives a state database that loses its newest part (a restored backup, a replica that lagged): small files in
 * the folder `marks` beside the embedded data, one folder for each state. In memory only where the folder cannot be
 * written. Nobody else's machine sees them.
 */
export class StateMarks {
  readonly #database: Database;
  readonly #directory: string | null;
  readonly #log: Log;
  readonly #marks = new Map<string, SyncMark>();
  readonly #writtenAtMs = new Map<string, number>();
  #forgotten: ForgottenCopy | null = null;
  #stateId: string | null = null;
  #warned = false;

  constructor(database: Database, directory: string | null, log: Log) {
    this.#database = database;
    this.#directory = directory;
    this.#log = log;
  }

  /** Of this process, and of the folder: another process on this machine may have come further. */
  async read(sync: string): Promise<readonly SyncMark[]> {
    await this.#refreshStateId();
    const own = this.#marks.get(sync);
    const stored = await this.#readFile<SyncMark>(syncFile(sync));
    return [own, stored].filter((mark) => mark !== undefined && mark !== null);
  }

  /** Written at most once a second; `flush` writes the rest. */
  async note(sync: string, mark: SyncMark): Promise<void> {
    this.#marks.set(sync, mark);
    const lastMs = this.#writtenAtMs.get(sync) ?? -Infinity;
    if (performance.now() - lastMs >= writeIntervalMs) await this.flush(sync);
  }

  async flush(sync: string): Promise<void> {
    const mark = this.#marks.get(sync);
    if (mark === undefined) return;
    this.#writtenAtMs.set(sync, performance.now());
    await this.#writeFile(syncFile(sync), mark);
  }

  async readForgotten(): Promise<ForgottenCopy | null> {
    await this.#refreshStateId();
    return (await this.#readFile<ForgottenCopy>(forgottenFile)) ?? this.#forgotten;
  }

  async writeForgotten(copy: ForgottenCopy): Promise<void> {
    this.#forgotten = copy;
    await this.#writeFile(forgottenFile, copy);
  }

  async #readFile<Content>(name: string): Promise<Content | null> {
    const folder = await this.#openFolder();
    if (folder === null) return null;
    try {
      return JSON.parse(readFileSync(join(folder, name), 'utf8')) as Content;
    } catch {
      // Not there, or not whole: it says nothing then.
      return null;
    }
  }

  async #writeFile(name: string, content: unknown): Promise<void> {
    const folder = await this.#openFolder();
    if (folder === null) return;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const partial = join(folder, `${name}.${randomUUID()}.part`);
      writeFileSync(partial, `${JSON.stringify(content)}\n`, { mode: 0o600, flag: 'wx' });
      renameSync(partial, join(folder, name));
    } catch {
      if (!this.#warned)
        this.#log.warn('marks cannot be written: a restored backup of the state would go unnoticed', { folder });
      this.#warned = true;
    }
  }

  async #openFolder(): Promise<string | null> {
    if (this.#directory === null) return null;
    return join(this.#directory, 'marks', this.#stateId ?? (await this.#refreshStateId()));
  }

  /** Marks of another state, such as one that was emptied and made again, say nothing about this one. */
  async #refreshStateId(): Promise<string> {
    const id = await readStateId(this.#database);
    if (this.#stateId !== null && this.#stateId !== id) {
      this.#marks.clear();
      this.#forgotten = null;
    }
    this.#stateId = id;
    return id;
  }
}

const forgottenFile = 'forgotten.json';

/** A name may hold what no file name does. */
function syncFile(sync: string): string {
  return `sync-${encodeURIComponent(sync)}.json`;
}

async function readStateId(database: Database): Promise<string> {
  await database.query({ text: 'insert into state_identity default values on conflict do nothing' });
  const [row] = await database.query<{ id: string }>({ text: 'select id from state_identity' });
  if (row === undefined) throw new Error('the state has no identity');
  return row.id;
}

const marksByDatabase = new WeakMap<Database, StateMarks>();

/** One for all that work on a database in this process. */
export function marksOf(database: Database, directory: string | null, log: Log): StateMarks {
  const marks = marksByDatabase.get(database) ?? new StateMarks(database, directory, log);
  marksByDatabase.set(database, marks);
  return marks;
}
