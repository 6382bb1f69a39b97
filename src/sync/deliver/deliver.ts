import type { PanelsyncError } from '../../core/errors.ts';
import { toPanelsyncError } from '../../core/errors.ts';
import type { BatchIntent, Ledger, OutboxRow, Settlement } from '../../core/ports/run/run-store.ts';
import type { SendResult, Destination, Log, ShutdownSignals } from '../../core/ports/destination.ts';
import { ContractCheck } from './contract-check.ts';
import { splitRefused } from './split.ts';
import type { SplitResult } from './split.ts';
import { redactError, redactPeople } from './redact-people.ts';

/** Rows to be sent as one batch. `parent` is the batch that they come from. */
export interface Fragment {
  readonly rows: readonly OutboxRow[];
  readonly parent: number | null;
}

export interface BatchSenderOptions {
  readonly ledger: Ledger;
  readonly destination: Destination;
  readonly fragments: AsyncGenerator<Fragment>;
  readonly shutdown: ShutdownSignals;
  readonly concurrency: number;
  readonly maxSplitRequests: number;
  /** An earlier run had rows accepted through the same address and wire profile. */
  readonly contractVerified: boolean;
  /** The batches were sent before and may be stored: no answer but one about their rows says otherwise. */
  readonly isRecovery?: boolean;
  /** How many batches in a row may end with an unknown outcome and be deferred; without it they are retried. */
  readonly maxUnknownOutcomes?: number;
  readonly log: Log;
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
}

/** Batches that must be refused from end to end before "all alike" is believed, and bad rows looked for in each. */
const probeBatches = 3;
const probeRows = 3;
/** The same where the contract has worked before: bad rows at the head of the model are then the likelier reason. */
const verifiedProbeBatches = 10;

/** What the senders of one delivery share. */
interface BatchSender extends BatchSenderOptions {
  readonly contractCheck: ContractCheck;
  /** Parts of refused batches, taken before new batches so that memory stays bounded. */
  readonly splitQueue: Fragment[];
  nextNumber: number;
  splitRequests: number;
  deferred: number;
  unknownOutcomes: number;
  consecutiveUnknownOutcomes: number;
  hasRefusals: boolean;
  /** No new batch is left. */
  exhausted: boolean;
  /** A batch was taken on and its rows neither stored nor refused. */
  interrupted: boolean;
  error: PanelsyncError | null;
}

/**
 * Sends all fragments: one sender until the Hub has accepted something, then `concurrency` of them.
 * Each batch is on record before it is sent and settled when its answer is read; the first error ends all senders.
 */
export async function deliver(options: BatchSenderOptions): Promise<DeliveryResult> {
  const sender: BatchSender = {
    ...options,
    contractCheck: new ContractCheck(),
    splitQueue: [],
    nextNumber: await options.ledger.nextNumber(),
    splitRequests: 0,
    deferred: 0,
    unknownOutcomes: 0,
    consecutiveUnknownOutcomes: 0,
    hasRefusals: false,
    exhausted: false,
    interrupted: false,
    error: null,
  };
  try {
    await verifyContract(sender);
    await Promise.all(Array.from({ length: options.concurrency }, () => runWorker(sender)));
  } catch (error) {
    sender.error ??= toPanelsyncError(error);
  } finally {
    await options.fragments.return(undefined);
  }
  const complete = sender.exhausted && sender.splitQueue.length === 0 && !sender.interrupted && sender.error === null;
  const { error, deferred, unknownOutcomes, contractCheck, hasRefusals } = sender;
  return { error, complete, deferred, unknownOutcomes, contractVerified: contractCheck.contractVerified, hasRefusals };
}

function canContinue(sender: BatchSender): boolean {
  return sender.error === null && !sender.shutdown.drain.aborted;
}

async function nextFragment(sender: BatchSender): Promise<Fragment | null> {
  const next = await sender.fragments.next();
  if (next.done !== true) return next.value;
  sender.exhausted = true;
  return null;
}

/** One sender: works until nothing is left, somebody stops the run, or an error does. */
async function runWorker(sender: BatchSender): Promise<void> {
  try {
    while (canContinue(sender)) {
      const fragment = sender.splitQueue.pop() ?? (await nextFragment(sender));
      if (fragment === null) return;
      await sendBatch(sender, fragment);
    }
  } catch (error) {
    sender.error ??= toPanelsyncError(error);
  }
}

/**
 * Sends alone, and looks into the first batches one after the other, until one row is accepted. When the first
 * batches are refused alike, or all there is was and nothing ever got through, the contract is wrong: the run stops.
 */
async function verifyContract(sender: BatchSender): Promise<void> {
  const postponed: Fragment[] = [];
  const maxBatches = sender.contractVerified ? verifiedProbeBatches : probeBatches;
  for (let batches = 0; canContinue(sender) && !sender.contractCheck.accepted;) {
    const fragment = batches < maxBatches ? await nextFragment(sender) : null;
    if (fragment === null) {
      await judgeContract(sender, postponed, batches >= maxBatches);
      return;
    }
    const { unknownOutcomes: unknownBefore } = sender;
    postponed.push(...(await probe(sender, fragment, probeRows)));
    // A batch without an answer says nothing about the contract.
    if (sender.unknownOutcomes === unknownBefore) batches += 1;
  }
  sender.splitQueue.push(...postponed.toReversed());
}

/** Sends a fragment and its parts until one is accepted or `enough` rows were refused; returns the parts left. */
async function probe(sender: BatchSender, fragment: Fragment, maxRefusals: number): Promise<readonly Fragment[]> {
  const pending = [fragment];
  let refusals = 0;
  while (canContinue(sender) && !sender.contractCheck.accepted && refusals < maxRefusals) {
    const next = pending.pop();
    if (next === undefined) break;
    refusals += await sendBatch(sender, next);
    pending.push(...sender.splitQueue.splice(0));
  }
  return pending;
}

/** Nothing was accepted in the batches looked into: decides whether that is the contract's fault. */
async function judgeContract(
  sender: BatchSender,
  postponed: readonly Fragment[],
  reachedLimit: boolean,
): Promise<void> {
  if (!reachedLimit) {
    for (const fragment of postponed) {
      sender.splitQueue.push(...(await probe(sender, fragment, Number.POSITIVE_INFINITY)));
    }
    if (sender.contractCheck.accepted) return;
  }
  if (!canContinue(sender)) {
    // Nobody can judge any more: refusals that are withheld stay so, and their rows unsent.
    sender.interrupted = true;
    return;
  }
  const error =
    reachedLimit || !sender.contractVerified ? sender.contractCheck.contractError(sender.contractVerified) : null;
  if (error === null) {
    await releaseRejections(sender);
    sender.contractCheck.assumeVerified();
    if (reachedLimit) sender.splitQueue.push(...postponed.toReversed());
  } else sender.error = error;
}

/** Sends one batch and settles it. Returns 1 when it was a row alone that was refused without being named, else 0. */
async function sendBatch(sender: BatchSender, fragment: Fragment): Promise<number> {
  try {
    await sender.destination.acquire(sender.shutdown.drain);
  } catch (error) {
    if (!sender.shutdown.drain.aborted) sender.error ??= toPanelsyncError(error);
  }
  if (!canContinue(sender)) {
    // Stopped while waiting: the rows were not taken on, they stay unsent.
    sender.interrupted = true;
    return 0;
  }
  const batch: BatchIntent = { ...fragment, number: sender.nextNumber };
  sender.nextNumber += 1;
  await sender.ledger.record(batch);
  const result = await sender.destination.send(
    batch.rows.map((row) => row.payload),
    sender.shutdown,
    sender.maxUnknownOutcomes === undefined ? 'retry' : 'defer',
  );
  sender.log.debug('batch answered', {
    batch: batch.number,
    rows: batch.rows.length,
    outcome: result.outcome.kind,
    status: result.status,
    requestId: result.requestId,
    durationMs: result.durationMs,
  });
  return handleResult(sender, batch, result);
}

async function handleResult(sender: BatchSender, batch: BatchIntent, result: SendResult): Promise<number> {
  const { outcome } = result;
  switch (outcome.kind) {
    case 'accepted': {
      const { rejected } = splitRefused(batch.rows, { kind: 'rows_refused', refusals: outcome.refusals });
      const anyAccepted = batch.rows.length > rejected.length;
      if (anyAccepted) sender.contractCheck.accept();
      // A batch of which nothing was stored is a refused one, whatever its status says.
      const state = anyAccepted ? 'accepted' : 'refused';
      await settle(sender, batch, result, { state, message: null, rejected, split: false });
      if (anyAccepted) await releaseRejections(sender);
      return 0;
    }
    case 'rows_refused':
    case 'batch_refused':
    case 'too_large': {
      const { rejected, remaining } = splitRefused(batch.rows, outcome);
      const message = outcome.kind === 'rows_refused' ? null : redactPeople(outcome.reason.message, batch.rows);
      await settle(sender, batch, result, { state: 'refused', message, rejected, split: remaining.length > 1 });
      requeue(sender, batch, remaining);
      return outcome.kind === 'rows_refused' ? 0 : rejected.length;
    }
    case 'not_sent':
    case 'unknown':
    case 'stop': {
      const state = outcome.kind === 'unknown' || sender.isRecovery === true ? 'unknown' : 'not_sent';
      const error = redactError(outcome.error, batch.rows);
      await settle(sender, batch, result, { state, message: error.message, rejected: [], split: false });
      if (outcome.kind === 'unknown' && toleratesUnknownOutcome(sender, error)) return 0;
      sender.interrupted = true;
      if (error.recovery !== 'canceled') sender.error ??= error;
      return 0;
    }
  }
}

/** Whether the others may go on without a batch whose outcome is unknown: not when the Hub has stopped answering. */
function toleratesUnknownOutcome(sender: BatchSender, { recovery }: PanelsyncError): boolean {
  if (sender.maxUnknownOutcomes === undefined || recovery !== 'retriable') return false;
  sender.unknownOutcomes += 1;
  sender.consecutiveUnknownOutcomes += 1;
  return sender.consecutiveUnknownOutcomes < sender.maxUnknownOutcomes;
}

/** Parts of a refused batch go again while there are requests for it; beyond, their rows wait for the next run. */
function requeue(sender: BatchSender, batch: BatchIntent, parts: SplitResult['remaining']): void {
  for (const rows of parts.toReversed()) {
    if (sender.splitRequests < sender.maxSplitRequests) {
      sender.splitRequests += 1;
      sender.splitQueue.push({ rows, parent: batch.number });
    } else sender.deferred += rows.length;
  }
}

type SettlementFields = Pick<Settlement, 'state' | 'message' | 'rejected' | 'split'>;

async function settle(
  sender: BatchSender,
  batch: BatchIntent,
  result: SendResult,
  fields: SettlementFields,
): Promise<void> {
  const { state, rejected } = fields;
  const unverified = !sender.contractCheck.accepted;
  const { requests, status, requestId, durationMs } = result;
  const answer = { requests, status, requestId, durationMs };
  await sender.ledger.settle(batch, { ...fields, ...answer, rejected: unverified ? [] : rejected });
  if (state !== 'unknown') sender.consecutiveUnknownOutcomes = 0;
  sender.hasRefusals ||= state === 'refused' || rejected.length > 0;
  if (unverified) sender.contractCheck.addPending({ batch: batch.number, rejected });
  sender.onSettled(state === 'accepted' ? batch.rows.length : rejected.length);
}

async function releaseRejections(sender: BatchSender): Promise<void> {
  for (const { batch, rejected } of sender.contractCheck.release()) await sender.ledger.reject(batch, rejected);
}
