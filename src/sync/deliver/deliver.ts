import type { PanelsyncError } from '../../core/errors.ts';
import { asPanelsyncError } from '../../core/errors.ts';
import type { BatchIntent, Ledger, OutboxRow, Settlement } from '../../core/ports/run-store.ts';
import type { Delivery, Destination, Log, Stop } from '../../core/ports/ports.ts';
import { Proof } from './contract-check.ts';
import { splitRefused } from './split.ts';
import type { Verdict } from './split.ts';
import { errorWithoutPeople, withoutPeople } from './redact-people.ts';

/** Rows to be sent as one batch. `parent` is the batch that they come from. */
export interface Fragment {
  readonly rows: readonly OutboxRow[];
  readonly parent: number | null;
}

export interface DeliveryInput {
  readonly ledger: Ledger;
  readonly destination: Destination;
  readonly fragments: AsyncGenerator<Fragment>;
  readonly stop: Stop;
  readonly concurrency: number;
  readonly maxSplitRequests: number;
  /** An earlier run had rows accepted through the same address and wire profile. */
  readonly proven: boolean;
  /** The batches were sent before and may be stored: no answer but one about their rows says otherwise. */
  readonly resolving?: boolean;
  /**
   * What the Hub may have applied is not repeated: such batches are set aside, until so many come one after the other.
   * Without it they are repeated, and end the delivery when that does not help.
   */
  readonly mostDoubts?: number;
  readonly log: Log;
  /** Rows whose fate has just been settled. */
  onSettled(rows: number): void;
}

export interface DeliveryEnd {
  readonly error: PanelsyncError | null;
  /** Everything that was to be sent was settled. */
  readonly complete: boolean;
  /** Rows left in refused batches because the requests for taking batches apart were used up. */
  readonly heldBack: number;
  /** Batches whose outcome is unknown and that the delivery went on without. */
  readonly doubted: number;
  /** The Hub showed that it understands us: it accepted a row, or refused some for reasons that differ. */
  readonly proven: boolean;
  /** It refused at least one row. */
  readonly refused: boolean;
}

/** Batches that must be refused from end to end before "all alike" is believed, and bad rows looked for in each. */
const provingBatches = 3;
const provingRows = 3;

/** The same where the contract has worked before: bad rows at the head of the model are then the likelier reason. */
const provenBatches = 10;

/** What the senders of one delivery share. */
interface Desk extends DeliveryInput {
  readonly proof: Proof;
  /** Parts of refused batches, taken before new batches so that memory stays bounded. */
  readonly again: Fragment[];
  number: number;
  splitRequests: number;
  heldBack: number;
  doubted: number;
  doubtsInARow: number;
  refused: boolean;
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
export async function deliver(input: DeliveryInput): Promise<DeliveryEnd> {
  const desk: Desk = {
    ...input,
    proof: new Proof(),
    again: [],
    number: await input.ledger.nextNumber(),
    splitRequests: 0,
    heldBack: 0,
    doubted: 0,
    doubtsInARow: 0,
    refused: false,
    exhausted: false,
    interrupted: false,
    error: null,
  };
  try {
    await prove(desk);
    await Promise.all(Array.from({ length: input.concurrency }, () => sendAll(desk)));
  } catch (error) {
    desk.error ??= asPanelsyncError(error);
  } finally {
    await input.fragments.return(undefined);
  }
  const complete = desk.exhausted && desk.again.length === 0 && !desk.interrupted && desk.error === null;
  const { error, heldBack, doubted, proof, refused } = desk;
  return { error, complete, heldBack, doubted, proven: proof.proven, refused };
}

function isOpen(desk: Desk): boolean {
  return desk.error === null && !desk.stop.drain.aborted;
}

async function nextNew(desk: Desk): Promise<Fragment | null> {
  const next = await desk.fragments.next();
  if (next.done !== true) return next.value;
  desk.exhausted = true;
  return null;
}

/** One sender: works until nothing is left, somebody stops the run, or an error does. */
async function sendAll(desk: Desk): Promise<void> {
  try {
    while (isOpen(desk)) {
      const fragment = desk.again.pop() ?? (await nextNew(desk));
      if (fragment === null) return;
      await sendOne(desk, fragment);
    }
  } catch (error) {
    desk.error ??= asPanelsyncError(error);
  }
}

/**
 * Sends alone, and looks into the first batches one after the other, until one row is accepted. When the first
 * batches are refused alike, or all there is was and nothing ever got through, the contract is wrong: the run stops.
 */
async function prove(desk: Desk): Promise<void> {
  const postponed: Fragment[] = [];
  const enough = desk.proven ? provenBatches : provingBatches;
  for (let batches = 0; isOpen(desk) && !desk.proof.accepted;) {
    const fragment = batches < enough ? await nextNew(desk) : null;
    if (fragment === null) {
      await judge(desk, postponed, batches >= enough);
      return;
    }
    const { doubted } = desk;
    postponed.push(...(await probe(desk, fragment, provingRows)));
    // A batch without an answer says nothing about the contract.
    if (desk.doubted === doubted) batches += 1;
  }
  desk.again.push(...postponed.toReversed());
}

/** Sends a fragment and its parts until one is accepted or `enough` rows were refused; returns the parts left. */
async function probe(desk: Desk, fragment: Fragment, enough: number): Promise<readonly Fragment[]> {
  const waiting = [fragment];
  let refused = 0;
  while (isOpen(desk) && !desk.proof.accepted && refused < enough) {
    const next = waiting.pop();
    if (next === undefined) break;
    refused += await sendOne(desk, next);
    waiting.push(...desk.again.splice(0));
  }
  return waiting;
}

/** Nothing was accepted in the batches looked into: decides whether that is the contract's fault. */
async function judge(desk: Desk, postponed: readonly Fragment[], enoughSeen: boolean): Promise<void> {
  if (!enoughSeen) {
    for (const fragment of postponed) {
      desk.again.push(...(await probe(desk, fragment, Number.POSITIVE_INFINITY)));
    }
    if (desk.proof.accepted) return;
  }
  if (!isOpen(desk)) {
    // Nobody can judge any more: refusals that are withheld stay so, and their rows unsent.
    desk.interrupted = true;
    return;
  }
  const error = enoughSeen || !desk.proven ? desk.proof.contractError(desk.proven) : null;
  if (error === null) {
    await release(desk);
    desk.proof.presume();
    if (enoughSeen) desk.again.push(...postponed.toReversed());
  } else desk.error = error;
}

/** Sends one batch and settles it. Returns 1 when it was a row alone that was refused without being named, else 0. */
async function sendOne(desk: Desk, fragment: Fragment): Promise<number> {
  try {
    await desk.destination.slot(desk.stop.drain);
  } catch (error) {
    if (!desk.stop.drain.aborted) desk.error ??= asPanelsyncError(error);
  }
  if (!isOpen(desk)) {
    // Stopped while waiting: the rows were not taken on, they stay unsent.
    desk.interrupted = true;
    return 0;
  }
  const batch: BatchIntent = { ...fragment, number: desk.number };
  desk.number += 1;
  await desk.ledger.record(batch);
  const delivery = await desk.destination.send(
    batch.rows.map((row) => row.payload),
    desk.stop,
    desk.mostDoubts === undefined ? 'repeat' : 'leave',
  );
  desk.log.debug('batch answered', {
    batch: batch.number,
    rows: batch.rows.length,
    meaning: delivery.meaning.kind,
    status: delivery.status,
    requestId: delivery.requestId,
    durationMs: delivery.durationMs,
  });
  return conclude(desk, batch, delivery);
}

async function conclude(desk: Desk, batch: BatchIntent, delivery: Delivery): Promise<number> {
  const { meaning } = delivery;
  switch (meaning.kind) {
    case 'accepted': {
      const { rejected } = splitRefused(batch.rows, { kind: 'rows_refused', refusals: meaning.refusals });
      const stored = batch.rows.length > rejected.length;
      if (stored) desk.proof.accept();
      // A batch of which nothing was stored is a refused one, whatever its status says.
      const state = stored ? 'accepted' : 'refused';
      await settle(desk, batch, delivery, { state, message: null, rejected, split: false });
      if (stored) await release(desk);
      return 0;
    }
    case 'rows_refused':
    case 'batch_refused':
    case 'too_large': {
      const { rejected, again } = splitRefused(batch.rows, meaning);
      const message = meaning.kind === 'rows_refused' ? null : withoutPeople(meaning.fault.message, batch.rows);
      await settle(desk, batch, delivery, { state: 'refused', message, rejected, split: again.length > 1 });
      sendAgain(desk, batch, again);
      return meaning.kind === 'rows_refused' ? 0 : rejected.length;
    }
    case 'not_sent':
    case 'unknown':
    case 'stop': {
      const state = meaning.kind === 'unknown' || desk.resolving === true ? 'unknown' : 'not_sent';
      const error = errorWithoutPeople(meaning.error, batch.rows);
      await settle(desk, batch, delivery, { state, message: error.message, rejected: [], split: false });
      if (meaning.kind === 'unknown' && isBearable(desk, error)) return 0;
      desk.interrupted = true;
      if (error.recovery !== 'canceled') desk.error ??= error;
      return 0;
    }
  }
}

/** Whether the others may go on without a batch whose outcome is unknown: not when the Hub has stopped answering. */
function isBearable(desk: Desk, { recovery }: PanelsyncError): boolean {
  if (desk.mostDoubts === undefined || recovery !== 'retriable') return false;
  desk.doubted += 1;
  desk.doubtsInARow += 1;
  return desk.doubtsInARow < desk.mostDoubts;
}

/** Parts of a refused batch go again while there are requests for it; beyond, their rows wait for the next run. */
function sendAgain(desk: Desk, batch: BatchIntent, parts: Verdict['again']): void {
  for (const rows of parts.toReversed()) {
    if (desk.splitRequests < desk.maxSplitRequests) {
      desk.splitRequests += 1;
      desk.again.push({ rows, parent: batch.number });
    } else desk.heldBack += rows.length;
  }
}

type Outcome = Pick<Settlement, 'state' | 'message' | 'rejected' | 'split'>;

async function settle(desk: Desk, batch: BatchIntent, delivery: Delivery, outcome: Outcome): Promise<void> {
  const { state, rejected } = outcome;
  const withheld = !desk.proof.accepted;
  const settlement: Settlement = {
    ...outcome,
    rejected: withheld ? [] : rejected,
    requests: delivery.requests,
    status: delivery.status,
    requestId: delivery.requestId,
    durationMs: delivery.durationMs,
  };
  await desk.ledger.settle(batch, settlement);
  if (state !== 'unknown') desk.doubtsInARow = 0;
  desk.refused ||= state === 'refused' || rejected.length > 0;
  if (withheld) desk.proof.withhold({ batch: batch.number, rejected });
  desk.onSettled(state === 'accepted' ? batch.rows.length : rejected.length);
}

async function release(desk: Desk): Promise<void> {
  for (const { batch, rejected } of desk.proof.release()) await desk.ledger.reject(batch, rejected);
}
