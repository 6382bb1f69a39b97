import type { Alias, Document, Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { LineCounter, isAlias, isMap, isNode, isScalar, isSeq, parseDocument } from 'yaml';
import type { ConfigFault } from '../issues/issues.ts';
import { showWord } from '../issues/issues.ts';
import type { Path, Place, SettingsTree } from '../settings-tree.ts';
import { faultAt, placeKey } from '../settings-tree.ts';
import type { Environment } from './substitution.ts';
import { convert, maskReferences, substitute, unmaskReferences } from './substitution.ts';
import { yamlFaults } from './syntax-issues.ts';

export interface ReadYaml {
  /** `null` when the text is no YAML, or holds nothing. */
  readonly tree: SettingsTree | null;
  readonly faults: readonly ConfigFault[];
}

/** Says which JSON type the schema wants at a path, so that a reference can stand for a number. */
export type TypeAt = (path: Path) => string | null;

interface Reading {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly env: Environment;
  readonly typeAt: TypeAt;
  readonly places: Map<string, Place>;
  readonly faults: ConfigFault[];
  aliasesLeft: number;
}

/** Stands for a value that is not there: no key is made for it. */
const absent = Symbol('absent');

// Enough for settings shared between syncs; an end to circles, and to aliases of aliases, which multiply.
const aliasLimit = 100;

/** syncs.NAME.mapping.characteristics.SLUG.column */
const deepestSetting = 6;

/** Reads YAML, replaces its references to the environment, and remembers where every value is written. */
export function readYaml(text: string, env: Environment, typeAt: TypeAt): ReadYaml {
  const lines = new LineCounter();
  const document = parseDocument(maskReferences(text), { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const errors = [...document.errors, ...document.warnings];
  if (errors.length > 0) return { tree: null, faults: yamlFaults(errors, lines) };
  const top = document.contents;
  if (top === null || (isScalar(top) && top.value === null)) {
    const fault = { path: '', line: null, message: 'the file holds no settings' };
    return { tree: null, faults: [{ ...fault, hint: '`panelsync init` writes an example.' }] };
  }
  const places = new Map<string, Place>();
  const reading: Reading = { document, lines, env, typeAt, places, faults: [], aliasesLeft: aliasLimit };
  places.set(placeKey([]), { line: lineOf(reading, top) ?? 1, origin: 'file' });
  const root = readNode(reading, top, []);
  return { tree: { root: root === absent ? undefined : root, places }, faults: reading.faults };
}

function readNode(reading: Reading, node: unknown, path: Path): unknown {
  if (isScalar(node)) return readScalar(reading, node, path);
  if (isMap(node)) return readMap(reading, node, path);
  if (isSeq(node)) return readList(reading, node, path);
  if (isAlias(node)) return readAlias(reading, node, path);
  return null;
}

function readList(reading: Reading, list: YAMLSeq, path: Path): unknown {
  return list.items
    .map((item, index) => {
      const itemPath = [...path, String(index)];
      reading.places.set(placeKey(itemPath), { line: lineOf(reading, item) ?? 1, origin: 'file' });
      return readNode(reading, item, itemPath);
    })
    .filter((value) => value !== absent);
}

function readMap(reading: Reading, map: YAMLMap, path: Path): unknown {
  // Without a prototype, so that a key named `constructor` is a key like any other.
  const values: Record<string, unknown> = Object.create(null);
  const firstLines = new Map<string, number>();
  for (const { pair, merged } of pairsOf(reading, map, path)) {
    const line = lineOf(reading, pair.key) ?? lineOf(reading, map) ?? 1;
    const key = keyText(pair.key);
    if (key === null || key === '__proto__') {
      reading.faults.push({ ...faultAt(reading, path, 'a key must be a plain word'), line });
      continue;
    }
    const keyPath = [...path, key];
    const firstLine = firstLines.get(key);
    if (firstLine !== undefined) {
      if (merged) continue;
      const message = `duplicate key \`${showWord(key)}\`, first written on line ${firstLine}`;
      reading.faults.push({ ...faultAt(reading, keyPath, message, 'Keep one of them.'), line });
      continue;
    }
    firstLines.set(key, line);
    reading.places.set(placeKey(keyPath), { line, origin: 'file' });
    const value = readNode(reading, pair.value, keyPath);
    if (value !== absent) values[key] = value;
  }
  return values;
}

interface MapPair {
  readonly pair: Pair;
  /** Whether `<<` brought it: what is written in the mapping itself wins. */
  readonly merged: boolean;
}

function pairsOf(reading: Reading, map: YAMLMap, path: Path): readonly MapPair[] {
  const own = map.items.filter(({ key }) => !isMergeKey(key)).map((pair) => ({ pair, merged: false }));
  const brought = map.items
    .filter(({ key }) => isMergeKey(key))
    .flatMap(({ value }) => mergedMaps(reading, value, path))
    .flatMap((other) => pairsOf(reading, other, path).map(({ pair }) => ({ pair, merged: true })));
  return [...own, ...brought];
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN';
}

function mergedMaps(reading: Reading, value: unknown, path: Path): readonly YAMLMap[] {
  if (isSeq(value)) return value.items.flatMap((item) => mergedMaps(reading, item, path));
  const target = isAlias(value) ? follow(reading, value, path) : value;
  if (target === undefined) return [];
  if (isMap(target)) return [target];
  const line = lineOf(reading, value) ?? 1;
  reading.faults.push({ ...faultAt(reading, path, '`<<` takes the alias of a mapping, such as `<<: *shared`'), line });
  return [];
}

function readScalar(reading: Reading, scalar: Scalar, path: Path): unknown {
  if (typeof scalar.value !== 'string') return scalar.value;
  const { text, fromEnvironment, problems } = substitute(unmaskReferences(scalar.value), reading.env);
  const line = lineOf(reading, scalar) ?? 1;
  if (problems.length > 0) {
    reading.places.set(placeKey(path), { line, origin: 'unknown' });
    reading.faults.push(...problems.map(({ message, hint }) => faultAt(reading, path, message, hint)));
    return absent;
  }
  if (!fromEnvironment) return text;
  reading.places.set(placeKey(path), { line, origin: 'environment' });
  return text === '' ? absent : convert(text, reading.typeAt(path));
}

function readAlias(reading: Reading, alias: Alias, path: Path): unknown {
  const target = follow(reading, alias, path);
  if (target !== undefined) return readNode(reading, target, path);
  reading.places.set(placeKey(path), { line: lineOf(reading, alias) ?? 1, origin: 'unknown' });
  return absent;
}

/** What an alias stands for; told as a fault where that is nothing, or never ends. */
function follow(reading: Reading, alias: Alias, path: Path): Node | undefined {
  const target = alias.resolve(reading.document);
  reading.aliasesLeft -= 1;
  if (target !== undefined && reading.aliasesLeft >= 0) return target;
  const message =
    target === undefined ? 'the alias names no anchor above it' : 'there are too many aliases, or a circle';
  // Told once, and by its beginning: a circle would fill the list, and the line.
  if (reading.aliasesLeft >= -1) {
    const line = lineOf(reading, alias);
    reading.faults.push({ ...faultAt(reading, path.slice(0, deepestSetting), message), line });
  }
  return undefined;
}

function keyText(key: unknown): string | null {
  if (!isScalar(key)) return null;
  const value = key.value;
  if (typeof value === 'string') return unmaskReferences(value);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

function lineOf(reading: Reading, node: unknown): number | null {
  const range = isNode(node) ? (node satisfies Node).range : null;
  return range ? reading.lines.linePos(range[0]).line : null;
}
