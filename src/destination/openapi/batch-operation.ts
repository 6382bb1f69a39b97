import type { Derived } from '../../core/wire-reference.ts';
import { batchPath } from '../wire.ts';
import type { SpecNode } from './spec-node.ts';

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly node: SpecNode;
  /** The path's own node: what all its operations share. */
  readonly pathNode: SpecNode;
}

const writingMethods = ['patch', 'post', 'put'];

/** The operation that writes many participants at once; `null` where the API has none. */
export function findBatchOperation(root: SpecNode): Operation | null {
  const candidates = operations(root)
    .filter(({ method, node }) => writingMethods.includes(method) && node.get('requestBody') !== null)
    .map((operation) => ({ operation, score: batchScore(operation) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score);
  return candidates[0]?.operation ?? null;
}

function batchScore({ method, path }: Operation): number {
  if (!/participants?\b/i.test(path) || /\{[^}]*\}$/.test(path)) return 0;
  const isBatch =
    /\/participants?[/_-]?(batch(es)?|bulk)\/?$/i.test(path) || /\/(batch(es)?|bulk)\/participants?\/?$/i.test(path);
  if (!isBatch) return 0;
  return (path.endsWith(batchPath) ? 4 : 0) + (method === 'patch' ? 2 : 1);
}

/** The operation that lists what stands under a path, such as `/participants`. */
export function findListOperation(root: SpecNode, path: string): Operation | null {
  return operations(root).find((operation) => operation.method === 'get' && operation.path.endsWith(path)) ?? null;
}

function operations(root: SpecNode): readonly Operation[] {
  const paths = root.get('paths')?.entries() ?? [];
  return paths.flatMap(([path, pathNode]) =>
    [...writingMethods, 'get'].flatMap((method) => {
      const node = pathNode.get(method);
      return node === null ? [] : [{ method, path: path.replace(/\/$/, ''), node, pathNode }];
    }),
  );
}

export function parametersOf({ node, pathNode }: Operation): readonly SpecNode[] {
  return [...(node.get('parameters')?.items() ?? []), ...(pathNode.get('parameters')?.items() ?? [])];
}

/** What `destination.baseUrl` may be: the servers, with what the path has in front of ours. */
export function baseUrlsOf(root: SpecNode, { node, pathNode, path }: Operation): Derived<readonly string[]> | null {
  const servers = [node, pathNode, root].map((owner) => owner.get('servers')).find((found) => found !== null) ?? null;
  if (servers === null) return null;
  const prefix = path.endsWith(batchPath) ? path.slice(0, -batchPath.length) : '';
  const urls = servers
    .items()
    .map((server) => withDefaults(server))
    .filter((url) => /^https?:\/\/[^{}]+$/.test(url))
    .map((url) => `${url.replace(/\/+$/, '')}${prefix}`);
  return urls.length === 0 ? null : { value: urls, place: servers.place };
}

function withDefaults(server: SpecNode): string {
  const variables = server.get('variables');
  return (server.text('url') ?? '').replace(/\{([^}]*)\}/g, (match, name: string) => {
    return variables?.get(name)?.text('default') ?? match;
  });
}
