import { createHash, randomBytes } from 'node:crypto';

/** What a token allows: `operator` starts and changes things, `reader` only looks. */
export type TokenRole = 'operator' | 'reader';

/** A session that was not used for this long has ended. An open stream of events uses it. */
export const idleLimitMs = 60 * 60_000;

/** However much it is used, a session ends after this. */
export const absoluteLimitMs = 24 * 60 * 60_000;

/** Who asked to see people sees them for this long. */
export const showPeopleMs = 60 * 60_000;

export const maxSessions = 500;

/** What a browser holds after signing in. */
export class Session {
  readonly role: TokenRole;
  readonly #createdMs = Date.now();
  readonly #end = new AbortController();
  #usedMs = this.#createdMs;
  #peopleUntilMs = 0;

  constructor(role: TokenRole) {
    this.role = role;
  }

  /** Aborts when somebody signs out, or another session takes its place. Expiry shows in `isActive` only. */
  get ended(): AbortSignal {
    return this.#end.signal;
  }

  get isActive(): boolean {
    return !this.ended.aborted && Date.now() < this.expiresAtMs;
  }

  get expiresAtMs(): number {
    return Math.min(this.#usedMs + idleLimitMs, this.#createdMs + absoluteLimitMs);
  }

  get usedMs(): number {
    return this.#usedMs;
  }

  get showsPeople(): boolean {
    return Date.now() < this.#peopleUntilMs;
  }

  use(): void {
    this.#usedMs = Date.now();
  }

  showPeople(): void {
    this.#peopleUntilMs = Date.now() + showPeopleMs;
  }

  hidePeople(): void {
    this.#peopleUntilMs = 0;
  }

  end(): void {
    this.#end.abort();
  }
}

/** The sessions of this process, by the hash of their ids: its memory holds nothing that opens one. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();

  /** Returns the id. It was never seen before: nobody can fix it in advance. */
  create(role: TokenRole): { readonly id: string; readonly session: Session } {
    for (const [hash, session] of this.#sessions) if (!session.isActive) this.#remove(hash);
    if (this.#sessions.size >= maxSessions) this.#removeLeastUsed();
    const id = randomBytes(32).toString('base64url');
    const session = new Session(role);
    this.#sessions.set(hashOf(id), session);
    return { id, session };
  }

  /** Counts as use. */
  find(id: string): Session | null {
    const session = this.#sessions.get(hashOf(id));
    if (session === undefined) return null;
    if (!session.isActive) {
      this.#remove(hashOf(id));
      return null;
    }
    session.use();
    return session;
  }

  end(id: string): void {
    this.#remove(hashOf(id));
  }

  #remove(hash: string): void {
    this.#sessions.get(hash)?.end();
    this.#sessions.delete(hash);
  }

  #removeLeastUsed(): void {
    const [oldest] = [...this.#sessions].toSorted(([, a], [, b]) => a.usedMs - b.usedMs);
    if (oldest !== undefined) this.#remove(oldest[0]);
  }
}

function hashOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url');
}
