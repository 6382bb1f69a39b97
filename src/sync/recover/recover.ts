import { toPanelsyncError } from '../../core/errors.ts';
import type { PanelsyncError } from '../../core/errors.ts';
import type { RunSession, UnknownBatch } from '../../core/ports/run/run-store.ts';
import { deliver } from '../deliver/deliver.ts';
import type { DeliveryResult, BatchSenderOptions, Fragment } from '../deliver/deliver.ts';
import { resolveRows, lookupKey } from './resolve-rows.ts';
import { findParticipants } from './find-participants.ts';
import { suppressionNote } from '../notes.ts';
import { batchSenderOptions } from '../deliver/send-context.ts';
import type { SendContext } from '../deliver/send-context.ts';

/** Batches of this run are looked up and sent again so often; what is in doubt after that waits for the next run. */
const maxRounds = 3;

/**
 * Batches of earlier runs that were in flight when their process or their answer was lost come first. Insert mode looks
 * their people up in the Hub, and who is not there is planned anew; the other modes send them again with the same body.
 * Returns what there is to tell about people who are withheld because nobody knows.
 */
export async function resolveEarlierBatches(context: SendContext): Promise<readonly string[]> {
  const batches = await resolveDeleted(context.session);
  const needsLookup = ({ mode }: UnknownBatch): boolean => mode === 'insert' || context.sync.mode === 'insert';
  for (const batch of batches.filter((one) => !needsLookup(one))) {
    await resend(context, batch);
    context.shutdown.drain.throwIfAborted();
  }
  const { error } = await lookUp(context, batches.filter(needsLookup));
  context.shutdown.drain.throwIfAborted();
  return suppressUnknown(context, error);
}

/** Who was deleted in the Hub since a batch was sent must not be created by sending it again: they are taken out. */
async function resolveDeleted(session: RunSession): Promise<readonly UnknownBatch[]> {
  const batches = await session.unknownBatches();
  const affected = batches.filter(({ deleted }) => deleted.length > 0);
  if (affected.length === 0) return batches;
  for (const batch of affected) {
    await session.resolve(batch, { applied: [], conflicting: [], notApplied: batch.deleted });
    await session.recomputeCounts(batch.runId);
  }
  return session.unknownBatches();
}

/** People are matched by e-mail, so a batch that did arrive changes nothing the second time. */
async function resend(context: SendContext, { runId, number, rows }: UnknownBatch): Promise<void> {
  const { session, log } = context;
  log.warn('batch with unknown outcome is sent again', { runId, batch: number, rows: rows.length });
  const result = await deliver({
    ...(await batchSenderOptions(context)),
    ledger: session.ledger(runId),
    fragments: generate([{ rows, parent: number }]),
    isRecovery: true,
    onSettled: () => undefined,
  });
  await session.recomputeCounts(runId);
  if (result.error !== null) throw result.error;
}

export interface RecoveryResult {
  readonly result: DeliveryResult;
  /** Batches of any run whose outcome stays unknown; `null` where nothing was in doubt. */
  readonly suppressionNotes: readonly string[] | null;
}

/**
 * Batches of this run that insert mode went on without are looked up when all others are through, in one reading of
 * the Hub's list; who is not there is sent again.
 */
export async function resolveOwnBatches(
  context: SendContext,
  result: DeliveryResult,
  options: Omit<BatchSenderOptions, 'fragments'>,
): Promise<RecoveryResult> {
  if (result.unknownOutcomes === 0) return { result, suppressionNotes: null };
  let latest = result;
  let error: PanelsyncError | null = null;
  for (let round = 0; round < maxRounds && latest.complete && latest.unknownOutcomes > 0; round += 1) {
    const lookup = await lookUp(context, await ownUnknownBatches(context));
    if (context.shutdown.drain.aborted) return { result: { ...latest, complete: false }, suppressionNotes: null };
    const contractVerified = options.contractVerified || latest.contractVerified;
    latest = mergeResults(
      latest,
      await deliver({ ...options, contractVerified, fragments: generate(lookup.notApplied) }),
    );
    error = lookup.error;
  }
  if (latest.error !== null) return { result: latest, suppressionNotes: null };
  const unknownOutcomes = (await ownUnknownBatches(context)).length;
  return { result: { ...latest, unknownOutcomes }, suppressionNotes: await suppressUnknown(context, error) };
}

async function ownUnknownBatches({ session, runId }: SendContext): Promise<readonly UnknownBatch[]> {
  return (await session.unknownBatches()).filter((batch) => batch.runId === runId);
}

function mergeResults(before: DeliveryResult, after: DeliveryResult): DeliveryResult {
  return {
    ...after,
    deferred: before.deferred + after.deferred,
    contractVerified: before.contractVerified || after.contractVerified,
    hasRefusals: before.hasRefusals || after.hasRefusals,
  };
}

interface LookupResult {
  /** People whom the Hub does not hold, as parts of their batches. */
  readonly notApplied: readonly Fragment[];
  /** Why the Hub's list could not be read. */
  readonly error: PanelsyncError | null;
}

/** Settles what one reading of the Hub's list tells about these batches; the others stay unknown. */
async function lookUp(context: SendContext, batches: readonly UnknownBatch[]): Promise<LookupResult> {
  const { session, formats, log } = context;
  const emails = batches.flatMap(({ rows }) => rows.map(lookupKey)).filter((email) => email !== null);
  if (emails.length === 0) return { notApplied: [], error: null };
  const people = await lookUpParticipants(context, new Set(emails));
  if ('code' in people) {
    log.warn('people of unknown batches could not be looked up', { batches: batches.length, code: people.code });
    return { notApplied: [], error: people };
  }
  const projection = await context.projection();
  const notApplied: Fragment[] = [];
  for (const batch of batches) {
    const { runId, number } = batch;
    const resolution = resolveRows(batch.rows, people, { projection, formats });
    await session.resolve(batch, resolution);
    await session.recomputeCounts(runId);
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

async function lookUpParticipants({ destination, shutdown, onProgress }: SendContext, wanted: ReadonlySet<string>) {
  const onPage = (done: number, total: number | null): void => onProgress({ step: 'look', done, total });
  try {
    return await findParticipants(destination, { wanted, signal: shutdown.drain, onPage });
  } catch (error) {
    return toPanelsyncError(error);
  }
}

/** Who may be stored is not sent; tells how many, and why nobody knows. */
async function suppressUnknown({ session }: SendContext, error: PanelsyncError | null): Promise<readonly string[]> {
  const suppressed = await session.suppressUnknown();
  return suppressed.people === 0 ? [] : [suppressionNote(suppressed, error)];
}

async function* generate(fragments: readonly Fragment[]): AsyncGenerator<Fragment> {
  yield* fragments;
}
