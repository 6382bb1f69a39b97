import { didYouMean } from '../../lib/did-you-mean.ts';
import { safeWord } from '../issues/issues.ts';
import type { Manifest, ManifestNode } from './manifest.ts';

/** What a sync names: as in dbt, with the package before it where several have the name. */
export type DbtReference =
  | { readonly by: 'ref'; readonly name: string; /** `null`: the latest. */ readonly version: string | null }
  | { readonly by: 'source' | 'exposure'; readonly name: string };

export type FoundNode =
  { readonly node: ManifestNode & { readonly relation: string } } | { readonly problem: string; readonly hint: string };

/** What `ref` can name. */
const refTypes: ReadonlySet<string> = new Set(['model', 'seed', 'snapshot']);

const kinds = { ref: 'model', source: 'source', exposure: 'exposure' } as const;

/** So many names are listed; a project may have thousands. */
const maxListed = 20;

/** The relation that a reference means, or what is in its way. */
export function findNode(manifest: Manifest, reference: DbtReference): FoundNode {
  const found = reference.by === 'exposure' ? findOfExposure(manifest, reference.name) : findNamed(manifest, reference);
  if ('problem' in found) return found;
  const { node } = found;
  if (node.relation !== null) return { node: { ...node, relation: node.relation } };
  return {
    problem: `${quoted(node.name)} is ephemeral: dbt builds no relation for it`,
    hint: 'Materialize it as a table or a view, or name a model that is one.',
  };
}

type Found = { readonly node: ManifestNode } | { readonly problem: string; readonly hint: string };

interface Named {
  readonly packageName: string;
  readonly name: string;
}

function findNamed(manifest: Manifest, reference: Exclude<DbtReference, { by: 'exposure' }>): Found {
  const isMeant = ({ type }: ManifestNode): boolean =>
    reference.by === 'ref' ? refTypes.has(type) : type === 'source';
  const candidates = manifest.nodes.filter(isMeant);
  const matches = matching(candidates, reference.name, manifest.project);
  if (matches.length === 0) return missing(manifest, reference, candidates);
  const packages = [...new Set(matches.map(({ packageName }) => packageName))];
  if (packages.length > 1) return severalPackages(reference, packages);
  return reference.by === 'ref' ? findVersion(matches, reference) : { node: matches[0] ?? neverEmpty() };
}

/** As dbt resolves it: those of the project come before those of its packages; a package before the name decides. */
function matching<Item extends Named>(items: readonly Item[], name: string, project: string | null): readonly Item[] {
  const byName = items.filter((item) => item.name === name);
  const ofProject = byName.filter(({ packageName }) => packageName === project);
  if (ofProject.length > 0) return ofProject;
  return byName.length > 0 ? byName : items.filter((item) => `${item.packageName}.${item.name}` === name);
}

function findVersion(nodes: readonly ManifestNode[], { version }: { readonly version: string | null }): Found {
  const [first = neverEmpty()] = nodes;
  const node = nodes.find((one) => (version === null ? one.isLatestVersion : one.version === version));
  if (node !== undefined) return { node };
  const versions = nodes.flatMap((one) => one.version ?? []).toSorted();
  if (versions.length === 0) return { problem: `${quoted(first.name)} has no versions`, hint: 'Remove version.' };
  const wanted = version === null ? 'the latest version' : `version ${safeWord(version)}`;
  return { problem: `${quoted(first.name)} does not have ${wanted}`, hint: `Known: ${listed(versions)}.` };
}

/** Why a name is not found: it is disabled, something else, or written in another way. */
function missing(manifest: Manifest, { by, name }: DbtReference, candidates: readonly Named[]): Found {
  const kind = kinds[by];
  const disabled = matching(manifest.disabled, name, manifest.project);
  if (disabled.length > 0) {
    const hint = `Enable it in dbt and build the project again, or name another ${kind}.`;
    return { problem: `${quoted(name)} is disabled in dbt`, hint };
  }
  const [other] = matching(manifest.nodes, name, manifest.project);
  const names = candidates.map((candidate) => candidate.name);
  const hint = names.length === 0 ? `It has no ${kind} at all.` : `Known: ${listed(names)}.`;
  if (other !== undefined) return { problem: `${quoted(name)} is a ${other.type} of dbt and no ${kind}`, hint };
  return { problem: `the manifest has no ${kind} ${quoted(name)}${didYouMean(name, names)}`, hint };
}

function findOfExposure(manifest: Manifest, name: string): Found {
  const matches = matching(manifest.exposures, name, manifest.project);
  const [exposure, second] = matches;
  if (exposure === undefined) return missing(manifest, { by: 'exposure', name }, manifest.exposures);
  if (second !== undefined)
    return severalPackages(
      { by: 'exposure', name },
      matches.map(({ packageName }) => packageName),
    );
  const nodes = manifest.nodes.filter(
    ({ uniqueId, type }) => exposure.dependsOn.includes(uniqueId) && (refTypes.has(type) || type === 'source'),
  );
  const [node, other] = nodes;
  if (node !== undefined && other === undefined) return { node };
  const hint = 'Name a model with ref, or a table with source.';
  if (node === undefined) return { problem: `the exposure ${quoted(name)} depends on no model and no source`, hint };
  const names = listed(nodes.map((one) => one.name));
  return { problem: `the exposure ${quoted(name)} depends on ${nodes.length} relations: ${names}`, hint };
}

function severalPackages({ by, name }: DbtReference, packages: readonly string[]): Found {
  const problem = `${packages.length} packages have a ${kinds[by]} ${quoted(name)}: ${listed(packages)}`;
  return { problem, hint: `Write the package before it: ${packages[0] ?? ''}.${name}` };
}

function listed(names: readonly string[]): string {
  const sorted = [...new Set(names)].toSorted();
  const remainder = sorted.length > maxListed ? `, and ${sorted.length - maxListed} more` : '';
  return `${sorted.slice(0, maxListed).map(safeWord).join(', ')}${remainder}`;
}

function quoted(name: string): string {
  return `\`${safeWord(name)}\``;
}

function neverEmpty(): never {
  throw new RangeError('a list of matches is empty');
}
