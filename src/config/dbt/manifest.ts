import { isMapping } from '../setting.ts';

/** What dbt wrote about a project: the parts of a manifest that panelsync needs, in one shape for all its versions. */

/** A model, seed, snapshot or source; also what stands in the graph and is no relation, such as a test. */
export interface ManifestNode {
  readonly uniqueId: string;
  /** `model`, `seed`, `snapshot`, `source`, `test` and so on. */
  readonly type: string;
  readonly packageName: string;
  /** What `ref` and `source` name: a name, or a source and its table. */
  readonly path: readonly string[];
  /** The same as one word. */
  readonly name: string;
  /** As the warehouse wants it; `null` where dbt builds none, or does not say. */
  readonly relation: string | null;
  readonly database: string | null;
  readonly isEphemeral: boolean;
  readonly description: string;
  /** Descriptions, by column. */
  readonly columns: Readonly<Record<string, string>>;
  /** Of a versioned model. */
  readonly version: string | null;
  readonly isLatestVersion: boolean;
}

export interface ManifestExposure {
  readonly packageName: string;
  readonly name: string;
  /** Unique ids. */
  readonly dependsOn: readonly string[];
}

export interface Manifest {
  /** Of the warehouse that it was made for, such as `postgres`. */
  readonly adapter: string | null;
  /** The package whose models others may name without their package. */
  readonly project: string | null;
  readonly nodes: readonly ManifestNode[];
  readonly disabled: readonly ManifestNode[];
  readonly exposures: readonly ManifestExposure[];
}

export type ManifestResult = { readonly manifest: Manifest } | { readonly problem: string; readonly hint: string };

/** The oldest version that is read: dbt 1.6. */
const minVersion = 10;

const writeHint = 'Name the file target/manifest.json that `dbt build` or `dbt parse` writes.';

/** The problem ends a sentence that starts with the file. */
export function parseManifest(text: string): ManifestResult {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { problem: 'is not JSON', hint: `${writeHint} If dbt is at work, wait until it is done.` };
  }
  const metadata = at(document, 'metadata');
  const schema = textAt(metadata, 'dbt_schema_version') ?? '';
  const [, kind = '', digits = ''] = /\/dbt\/([\w-]+)\/v(\d+)\b/.exec(schema) ?? [];
  if (kind !== 'manifest') {
    return { problem: kind === '' ? 'is no manifest of dbt' : `is no manifest but ${kind} of dbt`, hint: writeHint };
  }
  if (Number(digits) < minVersion) {
    const hint = 'Build the project with dbt 1.6 or newer.';
    return { problem: `has version ${digits} of dbt's manifest; ${minVersion} is the oldest that is read`, hint };
  }
  return { manifest: readManifest(document, metadata) };
}

function readManifest(document: unknown, metadata: unknown): Manifest {
  const adapter = textAt(metadata, 'adapter_type');
  const project = textAt(metadata, 'project_name');
  const defaults: QuotingDefaults = { adapter, quoting: at(metadata, 'quoting') };
  const read = (node: unknown): readonly ManifestNode[] => readNode(node, defaults);
  return {
    adapter,
    project,
    nodes: [...valuesAt(document, 'nodes'), ...valuesAt(document, 'sources')].flatMap(read),
    // By unique id, a list each: a name may be disabled more than once.
    disabled: valuesAt(document, 'disabled').flatMap(itemsOf).flatMap(read),
    exposures: valuesAt(document, 'exposures').flatMap(readExposure),
  };
}

function readNode(node: unknown, defaults: QuotingDefaults): readonly ManifestNode[] {
  const [uniqueId, name] = [textAt(node, 'unique_id'), textAt(node, 'name')];
  if (uniqueId === null || name === null) return [];
  // It begins with the type: `model.shop.research_panel`.
  const type = textAt(node, 'resource_type') ?? uniqueId.replace(/\..*/s, '');
  const sourceName = textAt(node, 'source_name');
  const path = sourceName === null ? [name] : [sourceName, name];
  const [version, latest] = [scalarAt(node, 'version'), scalarAt(node, 'latest_version')];
  const isEphemeral = textAt(at(node, 'config'), 'materialized') === 'ephemeral';
  return [
    {
      uniqueId,
      type,
      packageName: textAt(node, 'package_name') ?? '',
      path,
      name: path.join('.'),
      relation: isEphemeral ? null : (textAt(node, 'relation_name') ?? quotedRelation(node, defaults)),
      database: textAt(node, 'database'),
      isEphemeral,
      description: textAt(node, 'description') ?? '',
      columns: readColumns(at(node, 'columns')),
      version,
      isLatestVersion: version === latest,
    },
  ];
}

/** A mapping by name, whose keys may be lower-cased; the name itself is in the column. */
function readColumns(columns: unknown): Readonly<Record<string, string>> {
  const described = itemsOf(columns).flatMap((column): readonly [string, string][] => {
    const name = textAt(column, 'name');
    return name === null ? [] : [[name, textAt(column, 'description') ?? '']];
  });
  return Object.fromEntries(described);
}

function readExposure(exposure: unknown): readonly ManifestExposure[] {
  const name = textAt(exposure, 'name');
  if (name === null) return [];
  const dependsOn = itemsOf(at(at(exposure, 'depends_on'), 'nodes')).filter((id) => typeof id === 'string');
  return [{ packageName: textAt(exposure, 'package_name') ?? '', name, dependsOn }];
}

interface QuotingDefaults {
  readonly adapter: string | null;
  readonly quoting: unknown;
}

/** For manifests without `relation_name`: quoted as the node, the project, or else the adapter wants it. */
function quotedRelation(node: unknown, { adapter, quoting }: QuotingDefaults): string | null {
  const identifier = textAt(node, 'identifier') ?? textAt(node, 'alias') ?? textAt(node, 'name');
  const parts: readonly (readonly [part: string, name: string | null])[] = [
    ['database', textAt(node, 'database')],
    ['schema', textAt(node, 'schema')],
    ['identifier', identifier],
  ];
  const own = [at(node, 'quoting'), at(at(node, 'config'), 'quoting'), quoting];
  const quoted = parts.flatMap(([part, name]) => {
    if (name === null || name === '') return [];
    const isQuoted = own.map((rules) => at(rules, part)).find((rule) => typeof rule === 'boolean');
    return [(isQuoted ?? adapter !== 'snowflake') ? `"${name.replaceAll('"', '""')}"` : name];
  });
  return identifier === null ? null : quoted.join('.');
}

function at(value: unknown, key: string): unknown {
  return isMapping(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function textAt(value: unknown, key: string): string | null {
  const text = at(value, key);
  return typeof text === 'string' ? text : null;
}

/** Versions are numbers or texts. */
function scalarAt(value: unknown, key: string): string | null {
  const scalar = at(value, key);
  return typeof scalar === 'string' || typeof scalar === 'number' ? String(scalar) : null;
}

function valuesAt(value: unknown, key: string): readonly unknown[] {
  return itemsOf(at(value, key));
}

/** The items of a list, or the values of a mapping. */
function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : isMapping(value) ? Object.values(value) : [];
}
