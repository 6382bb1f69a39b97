import { stringify } from 'yaml';
import type { ShownSync } from '../core/settings.ts';
import { configSchema } from './schema/schema.ts';
import type { ValidatedConfig, ValidatedSync } from './schema/schema.ts';
import { maskSecrets } from './schema/secrets.ts';
import { isMapping } from './setting.ts';

/** A sync as a page may show it: its settings, those of its source and of the destination, without secrets. */
export function showSync(validated: ValidatedConfig, name: string): ShownSync {
  const sync = validated.syncs[name];
  if (sync === undefined) throw new RangeError(`no sync ${name}`);
  const { sql: _sql, ...settings } = sync;
  const source = validated.sources[sync.source];
  const masked = maskSecrets(configSchema, {
    destination: validated.destination,
    sources: source === undefined ? {} : { [sync.source]: source },
    syncs: { [name]: settings },
  });
  return { configuration: stringify(withoutAbsent(masked), { lineWidth: 0 }), modelFile: modelFile(sync.model) };
}

function modelFile(model: ValidatedSync['model']): string | null {
  return typeof model === 'object' ? model.dbt.manifest : (model ?? null);
}

/** Empty counts as absent. */
function withoutAbsent(value: unknown): unknown {
  if (!isMapping(value)) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined && item !== '');
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutAbsent(item)]));
}
