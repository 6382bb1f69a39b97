/** Resolves batches with an unknown outcome: retried in upsert and update mode, looked up in insert mode. */

import { toPanelsyncError } from '../../core/errors.ts';
import type { PanelsyncError } from '../../core/errors.ts';
import type { Projection } from '../../core/model/projection.ts';
import type { RunStores } from '../../core/ports/run/run-session.ts';
import type { UnknownBatch } from '../../core/ports/run/unknown-outcomes.ts';
import { BatchSender } from '../deliver/batch-sender.ts';
import type { DeliveryResult } from '../deliver/batch-sender.ts';
import type { Fragment } from '../deliver/batches.ts';
import { senderOptions } from '../deliver/deliver.ts';
import type { Delivery } from '../deliver/deliver.ts';
import { readProjection } from '../model-projection.ts';
import { resentNotes, suppressionNote } from '../notes.ts';
import type { ResentBatches } from '../notes.ts';
import type { RunContext } from '../run-context.ts';
import { findParticipants } from './find-participants.ts';
import { lookupKey, resolveRows } from './resolve-rows.ts';

/** How often batches of this run are looked up and sent again; what is still unknown then waits for the next run. */
const maxRounds = 3;

/** Notes on batches of earlier runs. */
export interface EarlierBatches {
  readonly resentNotes: readonly string[];
  readonly suppressionNotes: readonly string[];
}

/**
 * Batches of earlier runs that were in flight when their process or their answer was lost come first. Insert mode looks
 * their people up in the Hub, and who is not there is planned anew; the other modes send them again with the same body.
 */
export async function resolveEarlierBatches(run: RunContext): Promise<EarlierBatches> {
  const { sync, source, stores } = run;
  const { drain } = run.shutdown;
  const batches = await resolveDeleted(stores);
  // A mark says nothing of the fields that a lookup compares, and creates nobody: it is sent again in any mode.
  const needsLookup = ({ mode, rows }: UnknownBatch): boolean =>
    (mode === 'insert' || sync.mode === 'insert') && !rows.some(({ isRemoval }) => isRemoval);
  const resent = new Map<string, ResentBatches>();
  for (const batch of batches.filter((one) => !needsLookup(one))) {
    const requests = await resend(run, batch);
    resent.set(batch.runId, addResent(resent.get(batch.runId), batch, requests));
    drain.throwIfAborted();
  }
  const { error } = await lookUp(run, batches.filter(needsLookup), () => readProjection(sync, source, drain));
  drain.throwIfAborted();
  return { resentNotes: resentNotes([...resent.values()]), suppressionNotes: await suppressUnknown(run, error) };
}

function addResent(before: ResentBatches | undefined, batch: UnknownBatch, requests: number): ResentBatches {
  const { batches, people, requests: earlier } = before ?? { batches: 0, people: 0, requests: 0 };
  const { runId, rows } = batch;
  return { runId, batches: batches + 1, people: people + rows.length, requests: earlier + requests };
}

/** Who was deleted in the Hub since a batch was sent must not be created by sending it again: they are taken out. */
async function resolveDeleted({ unknownOutcomes, runs }: RunStores): Promise<readonly UnknownBatch[]> {
  const batches = await unknownOutcomes.list();
  const affected = batches.filter(({ deleted }) => deleted.length > 0);
  if (affected.length === 0) return batches;
  for (const batch of affected) {
    await unknownOutcomes.resolve(batch, { applied: [], conflicting: [], notApplied: batch.deleted });
    await runs.recomputeCounts(batch.runId);
  }
  return unknownOutcomes.list();
}

/** People are matched by e-mail, so a batch that was applied changes nothing the second time. Returns the requests. */
async function resend(run: RunContext, { runId, number, rows }: UnknownBatch): Promise<number> {
  run.log.warn('batch with unknown outcome is sent again', { runId, batch: number, rows: rows.length });
  const sender = new BatchSender(run, {
    ...(await senderOptions(run)),
    ledger: run.stores.ledger(runId),
    isRecovery: true,
    onSettled: () => undefined,
  });
  const result = await sender.send(generate([{ rows, parent: number }]));
  await run.stores.runs.recomputeCounts(runId);
  if (result.error !== null) throw result.error;
  return result.requests;
}

export interface RecoveryResult {
  readonly result: DeliveryResult;
  /** Batches of any run whose outcome stays unknown; absent where no outcome of this run was unknown. */
  readonly suppressionNotes?: readonly string[];
}

/**
 * Batches of this run that insert mode went on without are looked up when all others are through, in one reading of
 * the Hub's list; who is not there is sent again.
 */
export async function resolveOwnBatches(
  run: RunContext,
  { projection }: { readonly projection: Projection },
  { result, options }: Delivery,
): Promise<RecoveryResult> {
  if (result.unknownOutcomes === 0) return { result };
  let latest = result;
  let error: PanelsyncError | null = null;
  for (let round = 0; round < maxRounds && latest.complete && latest.unknownOutcomes > 0; round += 1) {
    const lookup = await lookUp(run, await ownUnknownBatches(run), async () => projection);
    if (run.shutdown.drain.aborted) return { result: { ...latest, complete: false } };
    const contractVerified = options.contractVerified || latest.contractVerified;
    const sender = new BatchSender(run, { ...options, contractVerified });
    latest = mergeResults(latest, await sender.send(generate(lookup.notApplied)));
    error = lookup.error;
  }
  if (latest.error !== null) return { result: latest };
  const unknownOutcomes = (await ownUnknownBatches(run)).length;
  return { result: { ...latest, unknownOutcomes }, suppressionNotes: await suppressUnknown(run, error) };
}

async function ownUnknownBatches({ stores, runId }: RunContext): Promise<readonly UnknownBatch[]> {
  return (await stores.unknownOutcomes.list()).filter((batch) => batch.runId === runId);
}

function mergeResults(before: DeliveryResult, after: DeliveryResult): DeliveryResult {
  return {
    ...after,
    deferred: before.deferred + after.deferred,
    contractVerified: before.contractVerified || after.contractVerified,
    hasRefusals: before.hasRefusals || after.hasRefusals,
    requests: before.requests + after.requests,
  };
}

interface LookupResult {
  /** People that the Hub does not have, as parts of their batches. */
  readonly notApplied: readonly Fragment[];
  /** Why the Hub's list could not be read. */
  readonly error: PanelsyncError | null;
}

/** Settles what one reading of the Hub's list says about these batches; the others stay unknown. */
async function lookUp(
  run: RunContext,
  batches: readonly UnknownBatch[],
  readColumns: () => Promise<Projection>,
): Promise<LookupResult> {
  const { stores, formats, log } = run;
  const emails = batches.flatMap(({ rows }) => rows.map(lookupKey)).filter((email) => email !== null);
  if (emails.length === 0) return { notApplied: [], error: null };
  const people = await lookUpParticipants(run, new Set(emails));
  if ('code' in people) {
    log.warn('people of unknown batches could not be looked up', { batches: batches.length, code: people.code });
    return { notApplied: [], error: people };
  }
  const projection = await readColumns();
  const notApplied: Fragment[] = [];
  for (const batch of batches) {
    const { runId, number } = batch;
    const resolution = resolveRows(batch.rows, people, { projection, formats });
    await stores.unknownOutcomes.resolve(batch, resolution);
    await stores.runs.recomputeCounts(runId);
    if (resolution.notApplied.length > 0) notApplied.push({ rows: resolution.notApplied, parent: number });
    const counts = {
      applied: resolution.applied.length,
      conflicting: resolution.conflicting.length,
      notApplied: resolution.notApplied.length,
    };
    log.warn('batch with unknown outcome was looked up', { runId, batch: number, ...counts });
  }
  return { notApplied, error: null };
}

async function lookUpParticipants({ destination, shutdown, onProgress }: RunContext, wanted: ReadonlySet<string>) {
  const report = (done: number, total: number | null): void => onProgress({ step: 'look', done, total });
  try {
    return await findParticipants(destination, { wanted, signal: shutdown.drain, onProgress: report });
  } catch (error) {
    return toPanelsyncError(error);
  }
}

/** People who may be stored are not sent; the note says how many, and why that is unknown. */
async function suppressUnknown({ stores }: RunContext, error: PanelsyncError | null): Promise<readonly string[]> {
  const suppressed = await stores.suppressions.suppressUnknown();
  return suppressed.people === 0 ? [] : [suppressionNote(suppressed, error)];
}

async function* generate(fragments: readonly Fragment[]): AsyncGenerator<Fragment> {
  yield* fragments;
}
