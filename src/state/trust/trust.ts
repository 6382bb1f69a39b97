/** Whether the snapshot can be trusted: it belongs to this Hub, and the state is not older than what was sent. */

import { requireSameHub } from './hub-of-snapshot.ts';
import { requireNothingLost } from './lost-state.ts';
import type { TrustContext } from './trust-context.ts';

/**
 * Whether the snapshot of a sync can be trusted: it belongs to the configured Hub, and the state is as new as what was
 * sent. Throws where a plan against it would be wrong.
 */
export async function requireTrustedSnapshot(context: TrustContext): Promise<void> {
  await requireSameHub(context.database, context);
  await requireNothingLost(context);
}
