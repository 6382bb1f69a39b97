import type { Alias, Document, Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { LineCounter, isAlias, isMap, isNode, isScalar, isSeq, parseDocument } from 'yaml';
import type { ConfigIssue } from '../issues/issues.ts';
import { safeWord } from '../issues/issues.ts';
import type { SettingPath, SourceLocation, SettingsTree } from '../settings-tree.ts';
import { issueAt, pathKey } from '../settings-tree.ts';
import type { Environment } from './substitution.ts';
import { coerce, maskReferences, substitute, unmaskReferences } from './substitution.ts';
import { syntaxIssues } from './syntax-issues.ts';

export interface YamlResult {
  /** `null` when the text is no YAML, or holds nothing. */
  readonly tree: SettingsTree | null;
  readonly issues: readonly ConfigIssue[];
}

/** Says which JSON type the schema wants at a path, so that a reference can stand for a number. */
export type TypeAt = (path: SettingPath) => string | null;

interface ReadContext {
  readonly document: Document;
  readonly lineCounter: LineCounter;
  readonly env: Environment;
  readonly typeAt: TypeAt;
  readonly locations: Map<string, SourceLocation>;
  readonly issues: ConfigIssue[];
  remainingAliases: number;
}

/** Stands for a value that is not there: no key is made for it. */
const absent = Symbol('absent');

// Enough for settings shared between syncs; an end to circles, and to aliases of aliases, which multiply.
const maxAliases = 100;

/** syncs.NAME.mapping.characteristics.SLUG.column */
const maxSettingDepth = 6;

/** Reads YAML, replaces its references to the environment, and remembers where every value is written. */
export function readYaml(text: string, env: Environment, typeAt: TypeAt): YamlResult {
  const lineCounter = new LineCounter();
  const document = parseDocument(maskReferences(text), { lineCounter, prettyErrors: false, uniqueKeys: false });
  const errors = [...document.errors, ...document.warnings];
  if (errors.length > 0) return { tree: null, issues: syntaxIssues(errors, lineCounter) };
  const contents = document.contents;
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    const issue = { path: '', line: null, message: 'the file holds no settings' };
    return { tree: null, issues: [{ ...issue, hint: '`panelsync init` writes an example.' }] };
  }
  const locations = new Map<string, SourceLocation>();
  const context: ReadContext = {
    document,
    lineCounter,
    env,
    typeAt,
    locations,
    issues: [],
    remainingAliases: maxAliases,
  };
  locations.set(pathKey([]), { line: lineNumberOf(context, contents) ?? 1, origin: 'file' });
  const root = readNode(context, contents, []);
  return { tree: { root: root === absent ? undefined : root, locations }, issues: context.issues };
}

function readNode(context: ReadContext, node: unknown, path: SettingPath): unknown {
  if (isScalar(node)) return readScalar(context, node, path);
  if (isMap(node)) return readMap(context, node, path);
  if (isSeq(node)) return readList(context, node, path);
  if (isAlias(node)) return readAlias(context, node, path);
  return null;
}

function readList(context: ReadContext, list: YAMLSeq, path: SettingPath): unknown {
  return list.items
    .map((item, index) => {
      const itemPath = [...path, String(index)];
      context.locations.set(pathKey(itemPath), { line: lineNumberOf(context, item) ?? 1, origin: 'file' });
      return readNode(context, item, itemPath);
    })
    .filter((value) => value !== absent);
}

function readMap(context: ReadContext, map: YAMLMap, path: SettingPath): unknown {
  // Without a prototype, so that a key named `constructor` is a key like any other.
  const values: Record<string, unknown> = Object.create(null);
  const firstLineByKey = new Map<string, number>();
  for (const { pair, merged } of pairsOf(context, map, path)) {
    const line = lineNumberOf(context, pair.key) ?? lineNumberOf(context, map) ?? 1;
    const key = keyName(pair.key);
    if (key === null || key === '__proto__') {
      context.issues.push({ ...issueAt(context, path, 'a key must be a plain word'), line });
      continue;
    }
    const keyPath = [...path, key];
    const firstLine = firstLineByKey.get(key);
    if (firstLine !== undefined) {
      if (merged) continue;
      const message = `duplicate key \`${safeWord(key)}\`, first written on line ${firstLine}`;
      context.issues.push({ ...issueAt(context, keyPath, message, 'Keep one of them.'), line });
      continue;
    }
    firstLineByKey.set(key, line);
    context.locations.set(pathKey(keyPath), { line, origin: 'file' });
    const value = readNode(context, pair.value, keyPath);
    if (value !== absent) values[key] = value;
  }
  return values;
}

interface MapPair {
  readonly pair: Pair;
  /** Whether `<<` brought it: what is written in the mapping itself wins. */
  readonly merged: boolean;
}

function pairsOf(context: ReadContext, map: YAMLMap, path: SettingPath): readonly MapPair[] {
  const ownPairs = map.items.filter(({ key }) => !isMergeKey(key)).map((pair) => ({ pair, merged: false }));
  const mergedPairs = map.items
    .filter(({ key }) => isMergeKey(key))
    .flatMap(({ value }) => mergedMaps(context, value, path))
    .flatMap((mergedMap) => pairsOf(context, mergedMap, path).map(({ pair }) => ({ pair, merged: true })));
  return [...ownPairs, ...mergedPairs];
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN';
}

function mergedMaps(context: ReadContext, value: unknown, path: SettingPath): readonly YAMLMap[] {
  if (isSeq(value)) return value.items.flatMap((item) => mergedMaps(context, item, path));
  const target = isAlias(value) ? resolveAlias(context, value, path) : value;
  if (target === undefined) return [];
  if (isMap(target)) return [target];
  const line = lineNumberOf(context, value) ?? 1;
  context.issues.push({ ...issueAt(context, path, '`<<` takes the alias of a mapping, such as `<<: *shared`'), line });
  return [];
}

function readScalar(context: ReadContext, scalar: Scalar, path: SettingPath): unknown {
  if (typeof scalar.value !== 'string') return scalar.value;
  const { text, fromEnvironment, problems } = substitute(unmaskReferences(scalar.value), context.env);
  const line = lineNumberOf(context, scalar) ?? 1;
  if (problems.length > 0) {
    context.locations.set(pathKey(path), { line, origin: 'unknown' });
    context.issues.push(...problems.map(({ message, hint }) => issueAt(context, path, message, hint)));
    return absent;
  }
  if (!fromEnvironment) return text;
  context.locations.set(pathKey(path), { line, origin: 'environment' });
  return text === '' ? absent : coerce(text, context.typeAt(path));
}

function readAlias(context: ReadContext, alias: Alias, path: SettingPath): unknown {
  const target = resolveAlias(context, alias, path);
  if (target !== undefined) return readNode(context, target, path);
  context.locations.set(pathKey(path), { line: lineNumberOf(context, alias) ?? 1, origin: 'unknown' });
  return absent;
}

/** What an alias stands for; told as a fault where that is nothing, or never ends. */
function resolveAlias(context: ReadContext, alias: Alias, path: SettingPath): Node | undefined {
  const target = alias.resolve(context.document);
  context.remainingAliases -= 1;
  if (target !== undefined && context.remainingAliases >= 0) return target;
  const message =
    target === undefined ? 'the alias names no anchor above it' : 'there are too many aliases, or a circle';
  // Told once, and by its beginning: a circle would fill the list, and the line.
  if (context.remainingAliases >= -1) {
    const line = lineNumberOf(context, alias);
    context.issues.push({ ...issueAt(context, path.slice(0, maxSettingDepth), message), line });
  }
  return undefined;
}

function keyName(key: unknown): string | null {
  if (!isScalar(key)) return null;
  const value = key.value;
  if (typeof value === 'string') return unmaskReferences(value);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

function lineNumberOf(context: ReadContext, node: unknown): number | null {
  const range = isNode(node) ? (node satisfies Node).range : null;
  return range ? context.lineCounter.linePos(range[0]).line : null;
}
