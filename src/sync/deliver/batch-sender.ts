import type { PanelsyncError } from '../../core/errors.ts';
import { toPanelsyncError } from '../../core/errors.ts';
import type { SendResult } from '../../core/ports/destination.ts';
import type { BatchIntent, Ledger, Settlement } from '../../core/ports/run/ledger.ts';
import type { RunContext } from '../run-context.ts';
import type { Fragment } from './batches.ts';
import { ContractCheck, probeBatches, probeRows, verifiedProbeBatches } from './contract-check.ts';
import { redactPeople } from '../../core/model/redaction/redaction.ts';
import { redactError } from './redact-error.ts';
import { sendTraced } from './send-traced.ts';
import { splitRefused } from './split.ts';
import type { SplitResult } from './split.ts';

/** As much of a run as sending takes. */
export type SendScope = Pick<RunContext, 'destination' | 'log' | 'fence' | 'shutdown'> & {
  readonly delivery: Pick<RunContext['delivery'], 'concurrency' | 'maxSplitRequests'>;
};

export interface SenderOptions {
  readonly ledger: Ledger;
  /** An earlier run had rows accepted through the same address and wire profile. */
  readonly contractVerified: boolean;
  /** The batches were sent before and may be stored: no answer but one about their rows says otherwise. */
  readonly isRecovery?: boolean;
  /**
   * What the Hub may have applied is not repeated: such batches are set aside, until so many come one after the other.
   * `null`: they are repeated, and end the delivery when that does not help.
   */
  readonly maxUnknownOutcomes: number | null;
  /** Rows whose fate has just been settled. */
  onSettled(rows: number): void;
}

export interface DeliveryResult {
  readonly error: PanelsyncError | null;
  /** Everything that was to be sent was settled. */
  readonly complete: boolean;
  /** Rows left in refused batches because the requests for taking batches apart were used up. */
  readonly deferred: number;
  /** Batches whose outcome is unknown and that the delivery went on without. */
  readonly unknownOutcomes: number;
  /** The Hub showed that it understands us: it accepted a row, or refused some for reasons that differ. */
  readonly contractVerified: boolean;
  /** It refused at least one row. */
  readonly hasRefusals: boolean;
  /** Requests that were sent, retries included. */
  readonly requests: number;
}

/** What sending one batch came to, as far as the contract check asks. */
type BatchEnd =
  | 'settled'
  /** A row that was sent alone was refused without being named. */
  | 'single_row_refused'
  /** Its rows were neither stored nor refused. */
  | 'unsettled';

/**
 * Sends batches: one after the other until the Hub has accepted something, then `concurrency` at a time. Each batch is
 * on record before it is sent and settled when its answer is read; the first error ends all senders.
 */
export class BatchSender {
  readonly #run: SendScope;
  readonly #options: SenderOptions;
  readonly #contractCheck = new ContractCheck();
  /** Parts of refused batches, taken before new batches so that memory stays bounded. */
  readonly #splitQueue: Fragment[] = [];
  #nextNumber = 0;
  #splitRequests = 0;
  #deferred = 0;
  #unknownOutcomes = 0;
  #consecutiveUnknownOutcomes = 0;
  #hasRefusals = false;
  #requests = 0;
  /** No new batch is left. */
  #exhausted = false;
  /** A batch was taken on and its rows neither stored nor refused. */
  #interrupted = false;
  #error: PanelsyncError | null = null;

  constructor(run: SendScope, options: SenderOptions) {
    this.#run = run;
    this.#options = options;
  }

  /** Once for each sender. */
  async send(fragments: AsyncGenerator<Fragment>): Promise<DeliveryResult> {
    this.#nextNumber = await this.#options.ledger.nextNumber();
    try {
      await this.#verifyContract(fragments);
      const { concurrency } = this.#run.delivery;
      await Promise.all(Array.from({ length: concurrency }, () => this.#work(fragments)));
    } catch (error) {
      this.#error ??= toPanelsyncError(error);
    } finally {
      await fragments.return(undefined);
    }
    return this.#result();
  }

  #result(): DeliveryResult {
    const error = this.#error;
    return {
      error,
      complete: this.#exhausted && this.#splitQueue.length === 0 && !this.#interrupted && error === null,
      deferred: this.#deferred,
      unknownOutcomes: this.#unknownOutcomes,
      contractVerified: this.#contractCheck.contractVerified,
      hasRefusals: this.#hasRefusals,
      requests: this.#requests,
    };
  }

  #canContinue(): boolean {
    return this.#error === null && !this.#run.shutdown.drain.aborted;
  }

  async #next(fragments: AsyncGenerator<Fragment>): Promise<Fragment | null> {
    const next = await fragments.next();
    if (next.done !== true) return next.value;
    this.#exhausted = true;
    return null;
  }

  /** One sender: works until nothing is left, somebody stops the run, or an error does. */
  async #work(fragments: AsyncGenerator<Fragment>): Promise<void> {
    try {
      while (this.#canContinue()) {
        const fragment = this.#splitQueue.pop() ?? (await this.#next(fragments));
        if (fragment === null) return;
        await this.#sendBatch(fragment);
      }
    } catch (error) {
      this.#error ??= toPanelsyncError(error);
    }
  }

  /**
   * Sends alone, and looks into the first batches one after the other, until one row is accepted. When the first
   * batches are refused alike, or all there is was and nothing ever got through, the contract is wrong: the run stops.
   */
  async #verifyContract(fragments: AsyncGenerator<Fragment>): Promise<void> {
    const postponed: Fragment[] = [];
    const maxBatches = this.#options.contractVerified ? verifiedProbeBatches : probeBatches;
    for (let batches = 0; this.#canContinue() && !this.#contractCheck.accepted;) {
      const fragment = batches < maxBatches ? await this.#next(fragments) : null;
      if (fragment === null) {
        await this.#judgeContract(postponed, batches >= maxBatches);
        return;
      }
      const unknownBefore = this.#unknownOutcomes;
      postponed.push(...(await this.#probe(fragment, probeRows)));
      // A batch without an answer says nothing about the contract.
      if (this.#unknownOutcomes === unknownBefore) batches += 1;
    }
    this.#splitQueue.push(...postponed.toReversed());
  }

  /** Sends a fragment and its parts until one is accepted or so many single rows were refused; returns those left. */
  async #probe(fragment: Fragment, maxRefusals: number): Promise<readonly Fragment[]> {
    const pending = [fragment];
    let refusals = 0;
    while (this.#canContinue() && !this.#contractCheck.accepted && refusals < maxRefusals) {
      const next = pending.pop();
      if (next === undefined) break;
      if ((await this.#sendBatch(next)) === 'single_row_refused') refusals += 1;
      pending.push(...this.#splitQueue.splice(0));
    }
    return pending;
  }

  /** Nothing was accepted in the batches looked into: decides whether the contract is why. */
  async #judgeContract(postponed: readonly Fragment[], reachedLimit: boolean): Promise<void> {
    if (!reachedLimit) {
      for (const fragment of postponed) {
        this.#splitQueue.push(...(await this.#probe(fragment, Number.POSITIVE_INFINITY)));
      }
      if (this.#contractCheck.accepted) return;
    }
    if (!this.#canContinue()) {
      // Nobody can judge any more: pending rejections stay so, and their rows unsent.
      this.#interrupted = true;
      return;
    }
    const { contractVerified } = this.#options;
    const error = reachedLimit || !contractVerified ? this.#contractCheck.contractError(contractVerified) : null;
    if (error === null) {
      await this.#releaseRejections();
      this.#contractCheck.assumeVerified();
      if (reachedLimit) this.#splitQueue.push(...postponed.toReversed());
    } else this.#error = error;
  }

  /** Sends one batch and settles it. */
  async #sendBatch(fragment: Fragment): Promise<BatchEnd> {
    const { destination, shutdown } = this.#run;
    try {
      await destination.acquire(shutdown.drain);
    } catch (error) {
      if (!shutdown.drain.aborted) this.#error ??= toPanelsyncError(error);
    }
    if (!this.#canContinue()) {
      // Stopped while waiting: the rows were not taken on, they stay unsent.
      this.#interrupted = true;
      return 'unsettled';
    }
    const batch: BatchIntent = { ...fragment, number: this.#nextNumber };
    this.#nextNumber += 1;
    await this.#options.ledger.record(batch);
    const onUnknownOutcome = this.#options.maxUnknownOutcomes === null ? 'retry' : 'defer';
    return this.#handleResult(batch, await sendTraced(this.#run, batch, onUnknownOutcome));
  }

  async #handleResult(batch: BatchIntent, result: SendResult): Promise<BatchEnd> {
    const { outcome } = result;
    switch (outcome.kind) {
      case 'accepted': {
        const { rejected } = splitRefused(batch.rows, { kind: 'rows_refused', refusals: outcome.refusals });
        const anyAccepted = batch.rows.length > rejected.length;
        if (anyAccepted) this.#contractCheck.accept();
        // A batch of which nothing was stored is a refused one, whatever its status says.
        const state = anyAccepted ? 'accepted' : 'refused';
        await this.#settle(batch, result, { state, message: null, rejected, split: false });
        if (anyAccepted) await this.#releaseRejections();
        return 'settled';
      }
      case 'rows_refused':
      case 'batch_refused':
      case 'too_large': {
        const { rejected, remaining } = splitRefused(batch.rows, outcome);
        const message = outcome.kind === 'rows_refused' ? null : redactPeople(outcome.reason.message, batch.rows);
        await this.#settle(batch, result, { state: 'refused', message, rejected, split: remaining.length > 1 });
        this.#requeue(batch, remaining);
        return outcome.kind !== 'rows_refused' && rejected.length > 0 ? 'single_row_refused' : 'settled';
      }
      case 'not_sent':
      case 'unknown':
      case 'stop': {
        const state = outcome.kind === 'unknown' || this.#options.isRecovery === true ? 'unknown' : 'not_sent';
        const error = redactError(outcome.error, batch.rows);
        await this.#settle(batch, result, { state, message: error.message, rejected: [], split: false });
        if (outcome.kind === 'unknown' && this.#toleratesUnknownOutcome(error)) return 'settled';
        this.#interrupted = true;
        if (error.recovery !== 'canceled') this.#error ??= error;
        return 'unsettled';
      }
    }
  }

  /** Whether the others may go on without a batch whose outcome is unknown: not when the Hub has stopped answering. */
  #toleratesUnknownOutcome({ recovery }: PanelsyncError): boolean {
    const { maxUnknownOutcomes } = this.#options;
    if (maxUnknownOutcomes === null || recovery !== 'retriable') return false;
    this.#unknownOutcomes += 1;
    this.#consecutiveUnknownOutcomes += 1;
    return this.#consecutiveUnknownOutcomes < maxUnknownOutcomes;
  }

  /** Parts of a refused batch go again while there are requests for it; beyond, their rows wait for the next run. */
  #requeue(batch: BatchIntent, parts: SplitResult['remaining']): void {
    for (const rows of parts.toReversed()) {
      if (this.#splitRequests < this.#run.delivery.maxSplitRequests) {
        this.#splitRequests += 1;
        this.#splitQueue.push({ rows, parent: batch.number });
      } else this.#deferred += rows.length;
    }
  }

  async #settle(batch: BatchIntent, result: SendResult, fields: SettlementFields): Promise<void> {
    const { state, rejected } = fields;
    const { requests, status, requestId, durationMs } = result;
    const unverified = !this.#contractCheck.accepted;
    const settlement = { ...fields, rejected: unverified ? [] : rejected, requests, status, requestId, durationMs };
    await this.#options.ledger.settle(batch, settlement);
    this.#requests += requests.sent;
    if (state !== 'unknown') this.#consecutiveUnknownOutcomes = 0;
    this.#hasRefusals ||= state === 'refused' || rejected.length > 0;
    if (unverified) this.#contractCheck.addPending({ batch: batch.number, rejected });
    this.#options.onSettled(state === 'accepted' ? batch.rows.length : rejected.length);
  }

  async #releaseRejections(): Promise<void> {
    for (const { batch, rejected } of this.#contractCheck.release()) {
      await this.#options.ledger.reject(batch, rejected);
    }
  }
}

type SettlementFields = Pick<Settlement, 'state' | 'message' | 'rejected' | 'split'>;
