/** Failures that the simulator injects on request. */

import type { RetryAfterFormat } from '../options.ts';

/** Whether the fault occurs before or after the Hub has stored the batch. */
export type FaultTiming = 'before' | 'after';

/** What goes wrong. Without `when`, nothing is applied; `redirect` and `limit` never apply anything. */
export type FaultKind =
  /** JSON errors with this status, 400 to 599. */
  | { readonly kind: 'status'; readonly status: number; readonly when?: FaultTiming }
  /** The connection is cut without a response, or in the middle of one. */
  | { readonly kind: 'cut'; readonly when?: FaultTiming | 'in_answer' }
  /** The right response, late; the wait is before or after applying. */
  | { readonly kind: 'slow'; readonly delayMs: number; readonly when?: FaultTiming }
  /** A web page with status 200, as from a proxy or a login wall. */
  | { readonly kind: 'html'; readonly when?: FaultTiming }
  | { readonly kind: 'redirect'; readonly location: string; readonly status?: 301 | 302 | 303 | 307 | 308 }
  /** 429; `seconds` is the wait it asks for (default 1). */
  | { readonly kind: 'limit'; readonly retryAfter: RetryAfterFormat; readonly seconds?: number }
  /** A body that continues until the client disconnects. */
  | { readonly kind: 'endless'; readonly when?: FaultTiming }
  /** A small body that decompresses to `megabytes` (default 1024). */
  | { readonly kind: 'gzip_bomb'; readonly megabytes?: number; readonly when?: FaultTiming }
  /** 200 with errors for these rows: they are not stored, the others are. */
  | { readonly kind: 'partial'; readonly rows: readonly number[] }
  /** Status 200 and the content type of JSON, but no JSON. */
  | { readonly kind: 'not_json'; readonly when?: FaultTiming }
  /** The batch is applied and answered with 204. */
  | { readonly kind: 'empty' };

/** A fault and the requests that it affects: by default one, the next, and only PATCH. */
export type Fault = FaultKind & {
  readonly times?: number;
  /** How many matching requests pass first, counted from when the fault was set. */
  readonly after?: number;
  readonly on?: 'patch' | 'get' | 'any';
};

interface PendingFault {
  readonly fault: Fault;
  seen: number;
  fired: number;
}

function matches(fault: Fault, method: string): boolean {
  const on = fault.on ?? 'patch';
  return on === 'any' || on === method.toLowerCase();
}

/** The pending faults. If several match a request, the first one set wins. */
export class Faults {
  #pending: PendingFault[] = [];

  get pendingCount(): number {
    return this.#pending.length;
  }

  set(faults: readonly Fault[]): void {
    this.#pending = faults.map((fault) => ({ fault, seen: 0, fired: 0 }));
  }

  add(fault: Fault): void {
    this.#pending.push({ fault, seen: 0, fired: 0 });
  }

  /** The fault for this request, if any; uses it up. */
  next(method: string): Fault | null {
    let match: PendingFault | null = null;
    for (const pending of this.#pending) {
      if (!matches(pending.fault, method)) continue;
      pending.seen += 1;
      if (match === null && pending.seen > (pending.fault.after ?? 0)) match = pending;
    }
    if (match === null) return null;
    match.fired += 1;
    if (match.fired >= (match.fault.times ?? 1)) {
      this.#pending = this.#pending.filter((pending) => pending !== match);
    }
    return match.fault;
  }
}
