import type { ConfigFault } from './issues/issues.ts';
import { showWord } from './issues/issues.ts';

export type Path = readonly string[];

/** Where a value is written and whether its text may be shown: `unknown` when its reference had nothing to give. */
export interface Place {
  readonly line: number;
  readonly origin: 'file' | 'environment' | 'unknown';
}

/** The settings as written, with references replaced, before anything is known about their shape. */
export interface SettingsTree {
  readonly root: unknown;
  /** By `placeKey` of the path. */
  readonly places: ReadonlyMap<string, Place>;
}

export function placeKey(path: Path): string {
  return JSON.stringify(path);
}

export function placeOf(tree: Pick<SettingsTree, 'places'>, path: Path): Place | null {
  return tree.places.get(placeKey(path)) ?? null;
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function valueAt(tree: SettingsTree, path: Path): unknown {
  let value = tree.root;
  for (const key of path) value = childOf(value, key);
  return value;
}

function childOf(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value[Number(key)];
  return isMapping(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The keys of the mapping at a path; none when it is no mapping. */
export function keysAt(tree: SettingsTree, path: Path): readonly string[] {
  const value = valueAt(tree, path);
  return isMapping(value) ? Object.keys(value) : [];
}

/** Whether somebody wrote a value here, even one whose reference had nothing to give. */
export function isWritten(tree: SettingsTree, path: Path): boolean {
  return valueAt(tree, path) !== undefined || placeOf(tree, path)?.origin === 'unknown';
}

/** A fault with the line of its path, or of the nearest mapping around it when the path is not written. */
export function faultAt(
  tree: Pick<SettingsTree, 'places'>,
  path: Path,
  message: string,
  hint: string | null = null,
): ConfigFault {
  let place = placeOf(tree, path);
  for (let length = path.length - 1; place === null && length >= 0; length -= 1) {
    place = placeOf(tree, path.slice(0, length));
  }
  return { path: path.map(showWord).join('.'), line: place?.line ?? null, message, hint };
}
