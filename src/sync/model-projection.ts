import { PanelsyncError } from '../core/errors.ts';
import type { Source } from '../core/ports/source.ts';
import { projectMappingOrThrow } from '../core/model/projection.ts';
import type { Projection } from '../core/model/projection.ts';
import type { SyncSettings } from '../core/settings.ts';

/** The mapping applied to the model's columns, of which only the types are read; the model is not run. */
export async function readProjection(sync: SyncSettings, source: Source, signal: AbortSignal): Promise<Projection> {
  const reader = await source.open(sync.model, `panelsync:${sync.name}:columns`, signal);
  try {
    return projectMappingOrThrow(sync, reader.columns);
  } finally {
    await reader.close();
  }
}

/** The Hub identifies people by e-mail only. `command` needs that. */
export function requireEmailKey(sync: SyncSettings, command: string): void {
  if (sync.key === null) return;
  throw new PanelsyncError({
    code: 'no_email_key',
    recovery: 'usage',
    message: `${command} finds people by their e-mail, and the sync "${sync.name}" keys its rows by the column "${sync.key}", which the Hub does not have.`,
    hint: `Remove syncs.${sync.name}.key, or use a sync of the same people that is keyed by e-mail.`,
  });
}
