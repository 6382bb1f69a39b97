import { createHash, timingSafeEqual } from 'node:crypto';
import { AttemptThrottle } from './attempt-throttle.ts';
import type { TokenRole } from './sessions.ts';

export interface AccessTokens {
  /** Operates and looks. */
  readonly token: string | null;
  /** Only looks. */
  readonly readToken: string | null;
}

interface TokenAttempt {
  readonly presented: string;
  /** Who is slowed down after wrong tokens. */
  readonly address: string;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
}

/** Compares tokens, slowly where many were wrong. Bearer headers and sign-ins count together. */
export class TokenCheck {
  readonly #known: readonly { readonly role: TokenRole; readonly digest: Buffer }[];
  readonly #throttle = new AttemptThrottle();

  constructor({ token, readToken }: AccessTokens) {
    const tokens = [
      ['operator', token],
      ['reader', readToken],
    ] as const;
    this.#known = tokens.flatMap(([role, text]) => (text === null ? [] : [{ role, digest: sha256(text) }]));
  }

  async check({ presented, address, signal }: TokenAttempt): Promise<TokenRole | 'wrong' | 'too_many'> {
    if (!(await this.#throttle.awaitTurn(address, signal))) return 'too_many';
    const digest = sha256(presented);
    // Digests have one length, and comparing them takes the same time wherever they differ.
    const [match] = this.#known.filter((candidate) => timingSafeEqual(candidate.digest, digest));
    if (match === undefined) this.#throttle.recordFailure(address);
    return match?.role ?? 'wrong';
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
