/** Whether the snapshot can be trusted: it belongs to this Hub, and the state is not older than what was sent. */

import type { PayloadCodec } from '../../core/model/payload-codec.ts';
import { checkHashKey } from '../tables/hash-key.ts';
import { findSyncId } from '../tables/schedules.ts';
import { requireSameHub } from './hub-of-snapshot.ts';
import { findLoss, requireNothingLost } from './lost-state.ts';
import type { TrustContext } from './trust-context.ts';

/**
 * Whether the snapshot of a sync can be trusted: it belongs to the configured Hub, and the state is as new as what was
 * sent. Throws where a plan against it would be wrong.
 */
export async function requireTrustedSnapshot(context: TrustContext): Promise<void> {
  await requireSameHub(context.database, context);
  await requireNothingLost(context);
}

/**
 * Throws what stops a run of the sync before it reads the model, as far as the tables tell; changes nothing. Another
 * process that runs the sync is no reason: it ends.
 */
export async function requireStartable(
  context: Omit<TrustContext, 'syncId'> & { readonly codec: PayloadCodec },
): Promise<void> {
  const { database, sync, codec } = context;
  await checkHashKey(database, codec, codec.payload === 'hashed');
  const trust = { ...context, syncId: await findSyncId(database, sync.name) };
  await requireSameHub(database, trust);
  const loss = await findLoss(trust);
  if (loss !== null) throw loss.error;
}
