import { isDeepStrictEqual } from 'node:util';
import { isAlias, isCollection, isMap, isPair, isScalar, parseDocument, stringify } from 'yaml';
import type { Document, Pair, Scalar, YAMLMap } from 'yaml';
import type { WireSettings } from '../../core/settings.ts';
import { maskReferences } from './substitution.ts';

/** Settings of a wire profile by name; those left out stay as they are. */
export type WireProfile = Readonly<Partial<WireSettings>>;

/** A piece of the text, and what takes its place. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

interface EditTarget {
  readonly text: string;
  readonly entries: readonly (readonly [string, string])[];
  readonly lineEnd: string;
}

/**
 * The configuration with this profile in `destination.wire`; every other byte stays. `null` where that takes a person:
 * an alias stands there, or an anchor that something else uses.
 */
export function withWireProfile(text: string, profile: WireProfile): string | null {
  const before = parse(text);
  const destination = isMap(before.contents) ? mapUnder(before.contents, 'destination') : null;
  if (destination === null || before.errors.length > 0) return null;
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  const target = { text, entries: Object.entries(profile), lineEnd };
  const edits = destinationEdits(destination, target);
  if (edits === null) return null;
  const result = edits
    .toSorted((a, b) => b.start - a.start)
    .reduce((rest, { start, end, text: piece }) => `${rest.slice(0, start)}${piece}${rest.slice(end)}`, text);
  return isDeepStrictEqual(parse(result).toJS(), withProfile(before.toJS(), profile)) ? result : null;
}

function parse(text: string): Document.Parsed {
  const options = { schema: 'core', merge: true, stringKeys: true, prettyErrors: false } as const;
  return parseDocument(maskReferences(text), options);
}

/** What the edited text must say, and nothing else. */
function withProfile(root: unknown, profile: WireProfile): unknown {
  const destination: unknown = property(root, 'destination');
  const wire = { ...asObject(property(destination, 'wire')), ...profile };
  return { ...asObject(root), destination: { ...asObject(destination), wire } };
}

function destinationEdits(destination: YAMLMap, target: EditTarget): readonly Edit[] | null {
  const pair = pairUnder(destination, 'wire');
  const flow = target.entries.map(([name, value]) => `${name}: ${quoted(value)}`).join(', ');
  if (pair === null) {
    if (destination.flow === true) return [flowInsertion(destination, `wire: { ${flow} }`, target)];
    const indent = indentOf(destination, target);
    const lines = [`${indent}wire:`, ...blockLines(`${indent}  `, target.entries)];
    return [lineInsertion(lastOffset(destination), lines, target)];
  }
  if (isMap(pair.value)) return wireEdits(pair.value, target);
  const isEmpty = pair.value === null || (isScalar(pair.value) && pair.value.value === null);
  if (!isEmpty || destination.flow === true) return null;
  const colon = colonOffset(pair, target);
  const indent = `${indentOf(destination, target)}  `;
  return colon === null ? null : [lineInsertion(colon, blockLines(indent, target.entries), target)];
}

function wireEdits(wire: YAMLMap, target: EditTarget): readonly Edit[] | null {
  const missing = target.entries.filter(([name]) => pairUnder(wire, name) === null);
  const changes = target.entries.flatMap(([name, value]) => {
    const pair = pairUnder(wire, name);
    return pair === null || (isScalar(pair.value) && pair.value.value === value)
      ? []
      : [valueEdit(pair, value, target)];
  });
  const edits = changes.filter((edit) => edit !== null);
  if (edits.length < changes.length) return null;
  if (missing.length === 0) return edits;
  const added = missing.map(([name, value]) => `${name}: ${quoted(value)}`).join(', ');
  return [
    ...edits,
    wire.flow === true
      ? flowInsertion(wire, added, target)
      : lineInsertion(lastOffset(wire), blockLines(indentOf(wire, target), missing), target),
  ];
}

function valueEdit(pair: Pair, value: string, target: EditTarget): Edit | null {
  const node = pair.value;
  if (isAlias(node) || isCollection(node)) return null;
  if (isScalar(node) && node.range && node.range[1] > node.range[0]) {
    return { start: node.range[0], end: node.range[1], text: quoted(value) };
  }
  const colon = colonOffset(pair, target);
  return colon === null ? null : { start: colon, end: colon, text: ` ${quoted(value)}` };
}

/** Behind the last entry of a mapping in braces, or into one that is empty. */
function flowInsertion(map: YAMLMap, entry: string, { text }: EditTarget): Edit {
  if (map.items.length > 0) {
    const at = lastItemOffset(map);
    return { start: at, end: at, text: `, ${entry}` };
  }
  const [start, end] = [map.range?.[0] ?? 0, map.range?.[1] ?? 0];
  const inside = text.slice(start, end).includes('#') ? start + 1 : end - 1;
  return { start: start + 1, end: inside, text: ` ${entry} ` };
}

/** Whole lines behind the line that ends here. */
function lineInsertion(offset: number, lines: readonly string[], { text, lineEnd }: EditTarget): Edit {
  const isLineStart = text[offset - 1] === '\n';
  const end = isLineStart ? offset - 1 : text.indexOf('\n', offset);
  const added = lines.join(lineEnd);
  if (end < 0) return { start: text.length, end: text.length, text: `${lineEnd}${added}` };
  return { start: end + 1, end: end + 1, text: `${added}${lineEnd}` };
}

function blockLines(indent: string, entries: EditTarget['entries']): readonly string[] {
  return entries.map(([name, value]) => `${indent}${name}: ${quoted(value)}`);
}

/** Where the last value below a node ends, without the comments that follow. */
function lastOffset(node: unknown): number {
  if (isCollection(node) && node.flow !== true && node.items.length > 0) return lastItemOffset(node);
  return isScalar(node) || isAlias(node) || isCollection(node) ? (node.range?.[1] ?? 0) : 0;
}

function lastItemOffset(node: { readonly items: readonly unknown[] }): number {
  const last = node.items.at(-1);
  return isPair(last) ? Math.max(lastOffset(last.key), lastOffset(last.value)) : lastOffset(last);
}

/** What stands before the first key on its line. */
function indentOf(map: YAMLMap, { text }: EditTarget): string {
  const key = map.items[0]?.key;
  const start = isScalar(key) ? (key.range?.[0] ?? 0) : 0;
  const column = start - (text.lastIndexOf('\n', start - 1) + 1);
  return ' '.repeat(column);
}

function colonOffset({ key }: Pair, { text }: EditTarget): number | null {
  const at = isScalar(key) && key.range ? text.indexOf(':', key.range[1]) : -1;
  return at < 0 ? null : at + 1;
}

function pairUnder(map: YAMLMap, name: string): Pair | null {
  return map.items.find(({ key }) => isNamed(key, name)) ?? null;
}

function isNamed(key: unknown, name: string): key is Scalar {
  return isScalar(key) && key.value === name;
}

function mapUnder(map: YAMLMap, name: string): YAMLMap | null {
  const value = pairUnder(map, name)?.value;
  return isMap(value) ? value : null;
}

function quoted(value: string): string {
  return stringify(value).trimEnd();
}

function property(value: unknown, name: string): unknown {
  return asObject(value)[name];
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
