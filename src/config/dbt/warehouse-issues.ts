import type { SourceSettings } from '../../core/settings.ts';
import type { ConfigIssue } from '../issues/issues.ts';
import type { Setting } from '../setting.ts';
import type { Manifest, ManifestNode } from './manifest.ts';

/** The source that dbt's adapters build for; of other adapters, nothing is known. */
const sourceTypeByAdapter: Readonly<Record<string, SourceSettings['type']>> = {
  postgres: 'postgres',
  redshift: 'redshift',
  snowflake: 'snowflake',
  duckdb: 'duckdb',
};

interface Warehouse {
  readonly manifest: Manifest;
  /** The setting that names the relation. */
  readonly setting: Setting;
  /** Of the sync; nothing is said where it is not known. */
  readonly source: Setting;
}

/** What keeps the source from reading a relation that dbt builds elsewhere. */
export function warehouseIssues(node: ManifestNode, { manifest, setting, source }: Warehouse): readonly ConfigIssue[] {
  const type = source.at('type').text;
  const expected = sourceTypeByAdapter[manifest.adapter ?? ''];
  if (type !== '' && expected !== undefined && expected !== type) {
    const hint = `Use a source of type ${expected}, or the manifest of a project that builds in this warehouse.`;
    return [setting.issue(`dbt builds it in ${expected}, and the source ${source.name} is of type ${type}`, hint)];
  }
  return type === 'postgres' ? databaseIssues(node, setting, source) : [];
}

/** Postgres reads one database at a time, the one of its address; what comes from the environment is not shown. */
function databaseIssues({ database, name }: ManifestNode, setting: Setting, source: Setting): readonly ConfigIssue[] {
  const url = source.at('url');
  const connected = databaseOf(url.text);
  if (database === null || connected === null || database.toLowerCase() === connected.toLowerCase()) return [];
  const other = url.isShowable ? `the database "${connected}"` : 'another one';
  const message = `\`${name}\` is in the database "${database}", and the source ${source.name} reads ${other}`;
  const hint = `Correct the database in sources.${source.name}.url, or let dbt build the model there.`;
  return [setting.issue(message, hint)];
}

function databaseOf(url: string): string | null {
  if (!URL.canParse(url)) return null;
  try {
    return decodeURIComponent(new URL(url).pathname.slice(1)) || null;
  } catch {
    return null;
  }
}
