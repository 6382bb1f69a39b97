import { z } from 'zod';
import { configSchema } from './schema.ts';
import type { Path } from '../settings-tree.ts';
import { isMapping } from '../settings-tree.ts';
import { referencePattern } from '../yaml/substitution.ts';

type Node = z.core.JSONSchema.BaseSchema;

const plainSchema: Node = z.toJSONSchema(configSchema, {
  io: 'input',
  target: 'draft-7',
  override: ({ jsonSchema }) => {
    // zod's own limit of whole numbers says nothing to people.
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  },
});

/** The JSON Schema of the configuration file for editors: config/panelsync.schema.json. */
export function configJsonSchema(): unknown {
  const { $schema, ...rest } = plainSchema;
  return JSON.parse(JSON.stringify({ $schema, title: 'panelsync configuration', ...rest }), allowReferences);
}

/** Keys that are known in the mapping at a path; where kinds differ, those of the kind that `written` says it is. */
export function knownKeys(path: Path, written: unknown): readonly string[] {
  const nodes = nodesAt(path).filter((node) => mayBe(node, written));
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}

/** False when a word of `written` says that it is of another kind; one that is no known word could be any. */
function mayBe({ properties = {} }: Node, written: unknown): boolean {
  if (!isMapping(written)) return true;
  return Object.entries(properties).every(
    ([key, node]) =>
      typeof node !== 'object' || node.const === undefined || [undefined, node.const].includes(plain(written[key])),
  );
}

function plain(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The JSON type that is wanted at a path. */
export function schemaTypeAt(path: Path): string | null {
  return (
    nodesAt(path)
      .map(({ type }) => type)
      .find((type) => typeof type === 'string') ?? null
  );
}

export function descriptionAt(path: Path): string | null {
  return nodesAt(path).find((node) => node.description !== undefined)?.description ?? null;
}

/** The words that are accepted at a path; empty when it takes other than a fixed set of words. */
export function choicesAt(path: Path): readonly string[] {
  return nodesAt(path)
    .flatMap((node) => node.enum ?? (node.const === undefined ? [] : [node.const]))
    .map(String);
}

/** What is wanted at a path, in words that end the sentence "must be ...". */
export function expectationAt(path: Path): string {
  const kinds = nodesAt(path).flatMap(kindOf);
  return [...new Set(kinds)].join(' or ');
}

function kindOf(node: Node): readonly string[] {
  if (node.type === 'string') return ['text'];
  if (node.type === 'object') return ['a mapping of keys to values'];
  if (node.type === 'array') return ['a list'];
  if (node.type === 'boolean') return ['true or false'];
  if (node.type === 'integer') return [`a whole number${rangeOf(node)}`];
  return node.type === 'number' ? [`a number${rangeOf(node)}`] : [];
}

function rangeOf({ minimum, maximum }: Node): string {
  if (minimum === undefined) return '';
  return maximum === undefined ? `, ${minimum} or more` : ` from ${minimum} to ${maximum}`;
}

/** All schemas that may describe the value at a path: more than one where a union gives a choice. */
function nodesAt(path: Path): readonly Node[] {
  let nodes = optionsOf(plainSchema);
  for (const key of path) nodes = nodes.flatMap((node) => childOf(node, key)).flatMap(optionsOf);
  return nodes;
}

function childOf({ properties = {}, additionalProperties, items }: Node, key: string): readonly Node[] {
  if (typeof items === 'object' && !Array.isArray(items)) return [items];
  const child = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
  return typeof child === 'object' ? [child] : [];
}

function optionsOf(node: Node): readonly Node[] {
  const options = [...(node.anyOf ?? []), ...(node.oneOf ?? [])].filter((option) => typeof option === 'object');
  return [node, ...options.flatMap(optionsOf)];
}

/** Editors see `${PORT:-8787}` where a number is due, so a reference is allowed wherever plain text is not. */
function allowReferences(key: string, node: unknown): unknown {
  if (key === 'propertyNames' || !isMapping(node) || !refusesText(node)) return node;
  const outside = ['description', 'default'];
  const entries = Object.entries(node);
  return {
    ...Object.fromEntries(entries.filter(([name]) => outside.includes(name))),
    anyOf: [
      Object.fromEntries(entries.filter(([name]) => !outside.includes(name))),
      { type: 'string', pattern: referencePattern },
    ],
  };
}

function refusesText({ type, enum: choices, pattern }: Readonly<Record<string, unknown>>): boolean {
  if (type === 'integer' || type === 'number' || type === 'boolean') return true;
  return type === 'string' && (choices !== undefined || pattern !== undefined);
}
