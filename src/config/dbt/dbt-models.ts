import path from 'node:path';
import type { Model } from '../../core/model/terms.ts';
import type { ConfigIssue } from '../issues/issues.ts';
import type { Setting } from '../setting.ts';
import { isMapping } from '../setting.ts';
import type { ReadFile } from '../text-file.ts';
import { findNode } from './find-node.ts';
import type { DbtReference } from './find-node.ts';
import { parseManifest } from './manifest.ts';
import type { Manifest, ManifestNode, ManifestResult } from './manifest.ts';
import { warehouseIssues } from './warehouse-issues.ts';

export interface DbtModels {
  /** By the name of their sync. */
  readonly models: ReadonlyMap<string, Model>;
  readonly issues: readonly ConfigIssue[];
}

/** Manifests of large projects have more than a hundred megabytes. */
const maxManifestMegabytes = 256;

/** Reads the manifests that syncs name, each once, and finds their relations. */
export async function readDbtModels(root: Setting, directory: string, readFile: ReadFile): Promise<DbtModels> {
  const manifests = new Map<string, ManifestResult>();
  const models = new Map<string, Model>();
  const issues: ConfigIssue[] = [];
  for (const sync of root.at('syncs').children) {
    const dbt = sync.at('model', 'dbt');
    const file = dbt.at('manifest');
    if (!isMapping(dbt.value) || file.text === '') continue;
    const absolute = path.resolve(directory, file.text);
    const result = manifests.get(absolute) ?? (await readManifest(absolute, readFile));
    manifests.set(absolute, result);
    const resolved = 'problem' in result ? [fileIssue(file, result)] : resolve({ sync, dbt, root }, result.manifest);
    if ('sql' in resolved) models.set(sync.name, resolved);
    else issues.push(...resolved);
  }
  return { models, issues };
}

async function readManifest(file: string, readFile: ReadFile): Promise<ManifestResult> {
  const content = await readFile(file, maxManifestMegabytes);
  if ('text' in content) return parseManifest(content.text);
  const hint = '`dbt build` and `dbt parse` write it; relative paths start at the folder of the configuration file.';
  return { problem: content.problem, hint };
}

function fileIssue(file: Setting, { problem, hint }: { readonly problem: string; readonly hint: string }): ConfigIssue {
  return file.issue(`${file.isShowable ? `the file ${file.text}` : 'the file that it names'} ${problem}`, hint);
}

interface DbtSettings {
  readonly sync: Setting;
  /** `model.dbt` of the sync. */
  readonly dbt: Setting;
  readonly root: Setting;
}

function resolve({ sync, dbt, root }: DbtSettings, manifest: Manifest): Model | readonly ConfigIssue[] {
  const settings = [dbt.at('ref'), dbt.at('source'), dbt.at('exposure')].filter(({ isPresent }) => isPresent);
  const [setting] = settings;
  if (setting === undefined || settings.length > 1) return [referenceIssue(dbt, settings)];
  const reference = readReference(setting, dbt.at('version'));
  if (reference === null) return [];
  if (reference.by !== 'ref' && dbt.at('version').isPresent) {
    return [dbt.at('version').issue(`cannot be combined with ${reference.by}`, 'Only models have versions: use ref.')];
  }
  const found = findNode(manifest, reference);
  if ('problem' in found) {
    const { problem, hint } = setting.isShowable ? found : unshownProblem;
    return [setting.issue(problem, hint)];
  }
  const issues = warehouseIssues(found.node, { manifest, setting, source: root.at('sources', sync.at('source').text) });
  if (issues.length > 0) return issues;
  return toModel(found.node, { manifest, file: dbt.at('manifest'), isPinned: dbt.at('version').isPresent });
}

/** Of a name that comes from the environment. */
const unshownProblem = {
  problem: 'names nothing in the manifest that can be read',
  hint: 'Compare the variable with the manifest: `dbt ls` lists its names.',
};

function referenceIssue(dbt: Setting, settings: readonly Setting[]): ConfigIssue {
  const hint = 'Name one model with ref, one table with source (source.table), or an exposure.';
  const [first, second] = settings;
  if (first === undefined || second === undefined) return dbt.issue('names no relation', hint);
  return second.issue(`cannot be combined with ${first.name}`, hint);
}

/** `null` where a value is of another type or not set, which is reported where it is written. */
function readReference(setting: Setting, version: Setting): DbtReference | null {
  const { name: by, text: name } = setting;
  if (name === '') return null;
  if (by === 'source' || by === 'exposure') return { by, name };
  const isKnown = typeof version.value === 'string' || Number.isInteger(version.value);
  return version.isPresent && !isKnown
    ? null
    : { by: 'ref', name, version: version.isPresent ? String(version.value) : null };
}

interface ModelOptions {
  readonly manifest: Manifest;
  readonly file: Setting;
  /** Whether the configuration names a version. */
  readonly isPinned: boolean;
}

function toModel(
  node: ManifestNode & { readonly relation: string },
  { manifest, file, isPinned }: ModelOptions,
): Model {
  const { uniqueId, relation, description, columns } = node;
  return {
    sql: `select * from ${relation}`,
    location: file.isShowable ? `${node.name} (${file.text})` : `${node.name} of dbt`,
    dbt: { uniqueId, relation, description, columns, dependency: dependencyOn(node, manifest.project, isPinned) },
  };
}

/** As the exposures of dbt write it. */
function dependencyOn(node: ManifestNode, project: string | null, isPinned: boolean): string {
  const words = node.path.map(quotedWord);
  if (node.type === 'source') return `source(${words.join(', ')})`;
  const ofPackage = node.packageName === project || project === null ? [] : [quotedWord(node.packageName)];
  const version = isPinned && node.version !== null ? [`v=${versionWord(node.version)}`] : [];
  return `ref(${[...ofPackage, ...words, ...version].join(', ')})`;
}

function versionWord(version: string): string {
  return /^\d+$/.test(version) ? version : quotedWord(version);
}

function quotedWord(word: string): string {
  return `'${word.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}
