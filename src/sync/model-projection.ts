import { PanelsyncError } from '../core/errors.ts';
import type { Source } from '../core/ports/source.ts';
import { projectMappingOrThrow } from '../core/model/projection.ts';
import type { Projection } from '../core/model/projection.ts';
import type { SyncSettings } from '../core/settings.ts';

/** The mapping laid over the model's columns, which are looked at for their types; the model is not run. */
export async function readProjection(sync: SyncSettings, source: Source, signal: AbortSignal): Promise<Projection> {
  const reader = await source.open(sync.model, `panelsync:${sync.name}:columns`, signal);
  try {
    return projectMappingOrThrow(sync, reader.columns);
  } finally {
    await reader.close();
  }
}

/** The Hub knows people by their e-mail only. `what` is the command that needs that. */
export function requireEmailKey(sync: SyncSettings, command: string): void {
  if (sync.key === null) return;
  throw new PanelsyncError({
    code: 'no_email_key',
    recovery: 'usage',
    message: `${command} finds people by their e-mail, and the sync "${sync.name}" keys its rows by the column "${sync.key}", which the Hub does not hold.`,
    hint: `Take syncs.${sync.name}.key out, or use a sync over the same people that is keyed by e-mail.`,
  });
}
