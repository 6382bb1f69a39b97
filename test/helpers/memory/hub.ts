import { setImmediate } from 'node:timers/promises';
import { PanelsyncError } from '../../../src/core/errors.ts';
import type { Recovery } from '../../../src/core/errors.ts';
import type { HubCharacteristic, ParticipantPage } from '../../../src/core/model/hub-person.ts';
import type { OutboxRow } from '../../../src/core/ports/run/ledger.ts';
import type {
  SendResult,
  Destination,
  BatchOutcome,
  OnUnknownOutcome,
  SendOptions,
} from '../../../src/core/ports/destination.ts';
import type { RowError, Payload } from '../../../src/core/model/terms.ts';

export interface MemoryHubOptions {
  /** Why the Hub refuses a payload; `null` for a good one. */
  readonly rowError: (payload: string) => RowError | null;
  /** Whom a refusal names. */
  readonly reportedRows: 'all' | 'first' | 'none';
  /** Stores the good rows of a batch although others are bad, and names all of those. */
  readonly partial: boolean;
  /** More rows are too large a body. */
  readonly maxRows: number;
  /** What the answer to a request (numbered from 1) means instead; `undefined`: as the rows deserve. */
  readonly outcomeFor: (request: number) => BatchOutcome | undefined;
  /** Turns of the event loop that each answer takes, in rotation. */
  readonly delays: readonly number[];
}

/** The Hub in memory: refuses whole batches, as the real one does, unless it is told to take them in part. */
export class MemoryHub implements Destination {
  readonly fingerprint = 'memory';
  readonly batches: (readonly string[])[] = [];
  /** What each was to do in doubt. */
  readonly onUnknownOutcomes: OnUnknownOutcome[] = [];
  readonly stored: string[] = [];
  /** Called with the number of each request when it comes in. */
  onRequest: (request: number) => void = () => undefined;
  /** Called before a slot is given. */
  onAcquire: () => void = () => undefined;
  readonly #options: MemoryHubOptions;

  constructor(options: Partial<MemoryHubOptions> = {}) {
    const defaults: MemoryHubOptions = {
      rowError: () => null,
      reportedRows: 'none',
      partial: false,
      maxRows: Number.POSITIVE_INFINITY,
      outcomeFor: () => undefined,
      delays: [0],
    };
    this.#options = { ...defaults, ...options };
  }

  prepare(): void {
    // Nothing to load.
  }

  async acquire(signal: AbortSignal): Promise<void> {
    await this.#wait();
    this.onAcquire();
    if (signal.aborted) throw testError('canceled', 'canceled');
  }

  async send(payloads: readonly string[], { onUnknownOutcome }: SendOptions): Promise<SendResult> {
    this.onUnknownOutcomes.push(onUnknownOutcome);
    this.batches.push(payloads);
    const request = this.batches.length;
    this.onRequest(request);
    await this.#wait();
    const outcome = this.#options.outcomeFor(request) ?? this.#evaluate(payloads);
    if (outcome.kind === 'accepted') {
      const refused = new Set(outcome.refusals.map(({ index }) => index));
      this.stored.push(...payloads.filter((_, index) => !refused.has(index)));
    }
    const requests = { sent: 1, retried: 0, rateLimited: 0 };
    return { outcome, requests, status: 200, requestId: null, durationMs: 1 };
  }

  async check(): Promise<string> {
    return 'in memory';
  }

  /** All whom it has stored, as they were sent last, on one page. */
  async participants(): Promise<ParticipantPage> {
    const sent = this.stored.map((text): Payload => JSON.parse(text));
    const byEmail = new Map(sent.map((payload) => [payload.fields.email ?? '', payload]));
    const entries = [...byEmail].map(([email, payload]) => ({ id: email, person: { email, ...payload } }));
    return { entries, total: entries.length, last: true };
  }

  async characteristics(): Promise<readonly HubCharacteristic[] | null> {
    return null;
  }

  close(): void {
    this.onRequest = () => undefined;
  }

  #evaluate(payloads: readonly string[]): BatchOutcome {
    const { rowError, reportedRows, partial, maxRows } = this.#options;
    if (payloads.length > maxRows) return { kind: 'too_large', reason: rowErrorOf('the body is too large') };
    const refusals = payloads.flatMap((payload, index) => {
      const error = rowError(payload);
      return error === null ? [] : [{ ...error, index }];
    });
    const [first] = refusals;
    if (first === undefined || partial) return { kind: 'accepted', refusals };
    if (reportedRows === 'none') {
      const { index: _index, ...unattributed } = first;
      return { kind: 'batch_refused', reason: unattributed };
    }
    return { kind: 'rows_refused', refusals: reportedRows === 'all' ? refusals : [first] };
  }

  async #wait(): Promise<void> {
    const { delays } = this.#options;
    const turns = delays[this.batches.length % delays.length] ?? 0;
    for (let turn = 0; turn < turns; turn += 1) await setImmediate();
  }
}

export function rowErrorOf(message: string, field: string | null = null): RowError {
  return { code: 'refused_422', message, field };
}

export function testError(code: string, recovery: Recovery): PanelsyncError {
  return new PanelsyncError({ code, recovery, message: `It is ${code}.`, hint: 'Wait.' });
}

/** The row of the outbox numbered `seq`, told by `seqOf` from its payload. */
export function outboxRow(seq: number, previouslyRejected = false): OutboxRow {
  const email = `person-${seq}@example.test`;
  return {
    seq,
    key: email,
    payload: JSON.stringify({ fields: { email }, characteristics: {} }),
    previouslyRejected,
    isRemoval: false,
  };
}

export function outboxRows(count: number): readonly OutboxRow[] {
  return Array.from({ length: count }, (_, at) => outboxRow(at + 1));
}

export function seqOf(payload: string): number {
  return Number(/person-(\d+)@/.exec(payload)?.[1]);
}

/** A word of letters only that tells numbers apart, for messages that must not look alike. */
export function lettersOf(seq: number): string {
  return String(seq).replace(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)));
}
