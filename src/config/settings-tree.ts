import type { ConfigIssue } from './issues/issues.ts';
import { safeWord } from './issues/issues.ts';

export type SettingPath = readonly string[];

/** Where a value is written and whether its text may be shown: `unknown` when its reference had nothing to give. */
export interface SourceLocation {
  readonly line: number;
  readonly origin: 'file' | 'environment' | 'unknown';
}

/** The settings as written, with references replaced, before anything is known about their shape. */
export interface SettingsTree {
  readonly root: unknown;
  /** By `placeKey` of the path. */
  readonly locations: ReadonlyMap<string, SourceLocation>;
}

export function pathKey(path: SettingPath): string {
  return JSON.stringify(path);
}

export function locationOf(tree: Pick<SettingsTree, 'locations'>, path: SettingPath): SourceLocation | null {
  return tree.locations.get(pathKey(path)) ?? null;
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function valueAt(tree: SettingsTree, path: SettingPath): unknown {
  let value = tree.root;
  for (const key of path) value = childOf(value, key);
  return value;
}

function childOf(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value[Number(key)];
  return isMapping(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The keys of the mapping at a path; none when it is no mapping. */
export function keysAt(tree: SettingsTree, path: SettingPath): readonly string[] {
  const value = valueAt(tree, path);
  return isMapping(value) ? Object.keys(value) : [];
}

/** Whether somebody wrote a value here, even one whose reference had nothing to give. */
export function isPresent(tree: SettingsTree, path: SettingPath): boolean {
  return valueAt(tree, path) !== undefined || locationOf(tree, path)?.origin === 'unknown';
}

/** A fault with the line of its path, or of the nearest mapping around it when the path is not written. */
export function issueAt(
  tree: Pick<SettingsTree, 'locations'>,
  path: SettingPath,
  message: string,
  hint: string | null = null,
): ConfigIssue {
  let location = locationOf(tree, path);
  for (let length = path.length - 1; location === null && length >= 0; length -= 1) {
    location = locationOf(tree, path.slice(0, length));
  }
  return { path: path.map(safeWord).join('.'), line: location?.line ?? null, message, hint };
}
