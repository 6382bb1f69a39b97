import { asPanelsyncError } from '../../core/errors.ts';
import type { PanelsyncError } from '../../core/errors.ts';
import type { RunSession, UnknownBatch } from '../../core/ports/run-store.ts';
import { deliver } from '../deliver/deliver.ts';
import type { DeliveryEnd, DeliveryInput, Fragment } from '../deliver/deliver.ts';
import { findOut, lookedUpBy } from './resolve-rows.ts';
import { findPeople } from './find-participants.ts';
import { withheldNote } from '../notes.ts';
import { deliveryInput } from '../deliver/send-context.ts';
import type { Sending } from '../deliver/send-context.ts';

/** Batches of this run are looked up and sent again so often; what is in doubt after that waits for the next run. */
const mostRounds = 3;

/**
 * Batches of earlier runs that were in flight when their process or their answer was lost come first. Insert mode looks
 * their people up in the Hub, and who is not there is planned anew; the other modes send them again with the same body.
 * Returns what there is to tell about people who are withheld because nobody knows.
 */
export async function resolveEarlier(sending: Sending): Promise<readonly string[]> {
  const batches = await withoutDeleted(sending.session);
  const isLookedUp = ({ mode }: UnknownBatch): boolean => mode === 'insert' || sending.sync.mode === 'insert';
  for (const batch of batches.filter((one) => !isLookedUp(one))) {
    await sendAgain(sending, batch);
    sending.stop.drain.throwIfAborted();
  }
  const { error } = await lookUp(sending, batches.filter(isLookedUp));
  sending.stop.drain.throwIfAborted();
  return withhold(sending, error);
}

/** Who was deleted in the Hub since a batch was sent must not be created by sending it again: they are taken out. */
async function withoutDeleted(session: RunSession): Promise<readonly UnknownBatch[]> {
  const batches = await session.unknownBatches();
  const affected = batches.filter(({ deleted }) => deleted.length > 0);
  if (affected.length === 0) return batches;
  for (const batch of affected) {
    await session.resolve(batch, { arrived: [], taken: [], absent: batch.deleted });
    await session.retally(batch.runId);
  }
  return session.unknownBatches();
}

/** People are matched by e-mail, so a batch that did arrive changes nothing the second time. */
async function sendAgain(sending: Sending, { runId, number, rows }: UnknownBatch): Promise<void> {
  const { session, log } = sending;
  log.warn('batch with unknown outcome is sent again', { runId, batch: number, rows: rows.length });
  const end = await deliver({
    ...(await deliveryInput(sending)),
    ledger: session.ledger(runId),
    fragments: each([{ rows, parent: number }]),
    resolving: true,
    onSettled: () => undefined,
  });
  await session.retally(runId);
  if (end.error !== null) throw end.error;
}

export interface OwnResolved {
  readonly end: DeliveryEnd;
  /** Batches of any run whose outcome stays unknown; `null` where nothing was in doubt. */
  readonly withheld: readonly string[] | null;
}

/**
 * Batches of this run that insert mode went on without are looked up when all others are through, in one reading of
 * the Hub's list; who is not there is sent again.
 */
export async function resolveOwn(
  sending: Sending,
  end: DeliveryEnd,
  input: Omit<DeliveryInput, 'fragments'>,
): Promise<OwnResolved> {
  if (end.doubted === 0) return { end, withheld: null };
  let last = end;
  let error: PanelsyncError | null = null;
  for (let round = 0; round < mostRounds && last.complete && last.doubted > 0; round += 1) {
    const found = await lookUp(sending, await ownUnknown(sending));
    if (sending.stop.drain.aborted) return { end: { ...last, complete: false }, withheld: null };
    const proven = input.proven || last.proven;
    last = sumOf(last, await deliver({ ...input, proven, fragments: each(found.absent) }));
    error = found.error;
  }
  if (last.error !== null) return { end: last, withheld: null };
  const doubted = (await ownUnknown(sending)).length;
  return { end: { ...last, doubted }, withheld: await withhold(sending, error) };
}

async function ownUnknown({ session, runId }: Sending): Promise<readonly UnknownBatch[]> {
  return (await session.unknownBatches()).filter((batch) => batch.runId === runId);
}

function sumOf(before: DeliveryEnd, after: DeliveryEnd): DeliveryEnd {
  return {
    ...after,
    heldBack: before.heldBack + after.heldBack,
    proven: before.proven || after.proven,
    refused: before.refused || after.refused,
  };
}

interface LookedUp {
  /** People whom the Hub does not hold, as parts of their batches. */
  readonly absent: readonly Fragment[];
  /** Why the Hub's list could not be read. */
  readonly error: PanelsyncError | null;
}

/** Settles what one reading of the Hub's list tells about these batches; the others stay unknown. */
async function lookUp(sending: Sending, batches: readonly UnknownBatch[]): Promise<LookedUp> {
  const { session, formats, log } = sending;
  const emails = batches.flatMap(({ rows }) => rows.map(lookedUpBy)).filter((email) => email !== null);
  if (emails.length === 0) return { absent: [], error: null };
  const people = await readPeople(sending, new Set(emails));
  if ('code' in people) {
    log.warn('people of unknown batches could not be looked up', { batches: batches.length, code: people.code });
    return { absent: [], error: people };
  }
  const projection = await sending.projection();
  const absent: Fragment[] = [];
  for (const batch of batches) {
    const { runId, number } = batch;
    const finding = findOut(batch.rows, people, { projection, formats });
    await session.resolve(batch, finding);
    await session.retally(runId);
    if (finding.absent.length > 0) absent.push({ rows: finding.absent, parent: number });
    const counts = { arrived: finding.arrived.length, taken: finding.taken.length, absent: finding.absent.length };
    log.warn('batch with unknown outcome was looked up', { runId, batch: number, ...counts });
  }
  return { absent, error: null };
}

async function readPeople({ destination, stop, onProgress }: Sending, wanted: ReadonlySet<string>) {
  const onPage = (done: number, total: number | null): void => onProgress({ step: 'look', done, total });
  try {
    return await findPeople(destination, { wanted, signal: stop.drain, onPage });
  } catch (error) {
    return asPanelsyncError(error);
  }
}

/** Who may be stored is not sent; tells how many, and why nobody knows. */
async function withhold({ session }: Sending, error: PanelsyncError | null): Promise<readonly string[]> {
  const held = await session.withholdUnknown();
  return held.people === 0 ? [] : [withheldNote(held, error)];
}

async function* each(fragments: readonly Fragment[]): AsyncGenerator<Fragment> {
  yield* fragments;
}
