import type { DestinationSettings, SourceSettings, SyncSettings } from '../settings.ts';
import { textHash } from './hash.ts';

/** What names the place that a source reads, and neither who reads nor how. */
const placeSettings: ReadonlySet<string> = new Set(['type', 'account', 'accessUrl', 'database', 'schema', 'path']);

export interface ConfigurationParts {
  readonly sources: Readonly<Record<string, SourceSettings>>;
  readonly destination: Pick<DestinationSettings, 'baseUrl' | 'apiKey'>;
}

/**
 * Stands for what decides which people a sync sends, with which values, and where to: the text of its model, the place that it
 * reads, its mapping and keys, and the account at the Hub. Moving a file changes nothing, nor does another password.
 */
export function configurationId(
  { sources, destination }: ConfigurationParts,
  sync: Pick<SyncSettings, 'source' | 'model' | 'mapping' | 'key'>,
): string {
  const { model, mapping, key } = sync;
  const account = [destination.baseUrl, destination.apiKey];
  return textHash(JSON.stringify([placeOf(sources[sync.source]), model.sql, mapping, key, account]));
}

function placeOf(source: SourceSettings | undefined): unknown {
  if (source === undefined) return null;
  const place = Object.entries(source).filter(([name]) => placeSettings.has(name));
  return 'url' in source ? [...place, addressOf(source.url)] : place;
}

function addressOf(url: string): string {
  const { host, pathname } = new URL(url);
  return host + pathname;
}
