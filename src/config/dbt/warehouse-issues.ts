import path from 'node:path';
import type { SourceSettings } from '../../core/settings.ts';
import type { ConfigIssue } from '../issues/issues.ts';
import type { Setting } from '../setting.ts';
import type { Manifest, ManifestNode } from './manifest.ts';

/** The source that dbt's adapters build for. */
const sourceTypeByAdapter: Readonly<Record<string, SourceSettings['type']>> = {
  postgres: 'postgres',
  redshift: 'redshift',
  snowflake: 'snowflake',
  duckdb: 'duckdb',
};

/** Adapters of warehouses that no source reads; of others, such as relatives of Postgres, nothing is known. */
const otherAdapters: ReadonlySet<string> = new Set([
  'athena',
  'bigquery',
  'clickhouse',
  'databricks',
  'fabric',
  'spark',
  'sqlserver',
  'trino',
]);

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
  const adapter = manifest.adapter ?? '';
  if (otherAdapters.has(adapter)) {
    const hint = `Sources are of type ${Object.values(sourceTypeByAdapter).join(', ')}.`;
    return [setting.issue(`dbt builds it in ${adapter}, which panelsync does not read`, hint)];
  }
  const expected = sourceTypeByAdapter[adapter];
  if (type !== '' && expected !== undefined && expected !== type) {
    const hint = `Use a source of type ${expected}, or the manifest of a project that builds in this warehouse.`;
    return [setting.issue(`dbt builds it in ${expected}, and the source ${source.name} is of type ${type}`, hint)];
  }
  const database = connectedDatabase(source);
  return database === null ? [] : databaseIssues(node, setting, { source, ...database });
}

interface ConnectedDatabase {
  readonly name: string;
  /** The setting that names it. */
  readonly setting: Setting;
}

/** The one database that a source reads; `null` where it reads several, or its name is not known. */
function connectedDatabase(source: Setting): ConnectedDatabase | null {
  const [url, file] = [source.at('url'), source.at('database')];
  switch (source.at('type').text) {
    case 'postgres': {
      const name = databaseOf(url.text);
      return name === null ? null : { name, setting: url };
    }
    case 'duckdb':
      // DuckDB calls a database as its file, up to the first point.
      return { name: file.text === '' ? 'memory' : path.basename(file.text).replace(/\..*/s, ''), setting: file };
    default:
      return null;
  }
}

/** What comes from the environment is not shown. */
function databaseIssues(
  { database, name }: ManifestNode,
  setting: Setting,
  connected: ConnectedDatabase & { readonly source: Setting },
): readonly ConfigIssue[] {
  if (database === null || database.toLowerCase() === connected.name.toLowerCase()) return [];
  const other = connected.setting.isShowable ? `the database "${connected.name}"` : 'another one';
  const message = `\`${name}\` is in the database "${database}", and the source ${connected.source.name} reads ${other}`;
  const hint = `Correct ${connected.setting.path.join('.')}, or let dbt build the model in that database.`;
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
