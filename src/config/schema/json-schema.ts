import { z } from 'zod';
import { configSchema } from './schema.ts';
import type { SettingPath } from '../settings-tree.ts';
import { isMapping } from '../settings-tree.ts';
import { referencePattern } from '../yaml/substitution.ts';

type SchemaNode = z.core.JSONSchema.BaseSchema;

const baseSchema: SchemaNode = z.toJSONSchema(configSchema, {
  io: 'input',
  target: 'draft-7',
  override: ({ jsonSchema }) => {
    // zod's own limit of whole numbers says nothing to people.
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  },
});

/** The JSON Schema of the configuration file for editors: config/panelsync.schema.json. */
export function configJsonSchema(): unknown {
  const { $schema, ...rest } = baseSchema;
  return JSON.parse(JSON.stringify({ $schema, title: 'panelsync configuration', ...rest }), allowReferences);
}

/** Keys that are known in the mapping at a path; where kinds differ, those of the kind that `written` says it is. */
export function knownKeys(path: SettingPath, value: unknown): readonly string[] {
  const nodes = nodesAt(path).filter((node) => mayMatch(node, value));
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}

/** False when a word of `written` says that it is of another kind; one that is no known word could be any. */
function mayMatch({ properties = {} }: SchemaNode, value: unknown): boolean {
  if (!isMapping(value)) return true;
  return Object.entries(properties).every(
    ([key, node]) =>
      typeof node !== 'object' || node.const === undefined || [undefined, node.const].includes(asString(value[key])),
  );
}

function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The JSON type that is wanted at a path. */
export function jsonTypeAt(path: SettingPath): string | null {
  return (
    nodesAt(path)
      .map(({ type }) => type)
      .find((type) => typeof type === 'string') ?? null
  );
}

export function descriptionAt(path: SettingPath): string | null {
  return nodesAt(path).find((node) => node.description !== undefined)?.description ?? null;
}

/** The words that are accepted at a path; empty when it takes other than a fixed set of words. */
export function allowedValuesAt(path: SettingPath): readonly string[] {
  return nodesAt(path)
    .flatMap((node) => node.enum ?? (node.const === undefined ? [] : [node.const]))
    .map(String);
}

/** What is wanted at a path, in words that end the sentence "must be ...". */
export function expectationAt(path: SettingPath): string {
  const types = nodesAt(path).flatMap(describeType);
  return [...new Set(types)].join(' or ');
}

function describeType(node: SchemaNode): readonly string[] {
  if (node.type === 'string') return ['text'];
  if (node.type === 'object') return ['a mapping of keys to values'];
  if (node.type === 'array') return ['a list'];
  if (node.type === 'boolean') return ['true or false'];
  if (node.type === 'integer') return [`a whole number${rangeText(node)}`];
  return node.type === 'number' ? [`a number${rangeText(node)}`] : [];
}

function rangeText({ minimum, maximum }: SchemaNode): string {
  if (minimum === undefined) return '';
  return maximum === undefined ? `, ${minimum} or more` : ` from ${minimum} to ${maximum}`;
}

/** All schemas that may describe the value at a path: more than one where a union gives a choice. */
function nodesAt(path: SettingPath): readonly SchemaNode[] {
  let nodes = withAlternatives(baseSchema);
  for (const key of path) nodes = nodes.flatMap((node) => childOf(node, key)).flatMap(withAlternatives);
  return nodes;
}

function childOf({ properties = {}, additionalProperties, items }: SchemaNode, key: string): readonly SchemaNode[] {
  if (typeof items === 'object' && !Array.isArray(items)) return [items];
  const child = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
  return typeof child === 'object' ? [child] : [];
}

function withAlternatives(node: SchemaNode): readonly SchemaNode[] {
  const alternatives = [...(node.anyOf ?? []), ...(node.oneOf ?? [])].filter((option) => typeof option === 'object');
  return [node, ...alternatives.flatMap(withAlternatives)];
}

/** Editors see `${PORT:-8787}` where a number is due, so a reference is allowed wherever plain text is not. */
function allowReferences(key: string, node: unknown): unknown {
  if (key === 'propertyNames' || !isMapping(node) || !rejectsPlainText(node)) return node;
  const annotationKeys = ['description', 'default'];
  const entries = Object.entries(node);
  return {
    ...Object.fromEntries(entries.filter(([name]) => annotationKeys.includes(name))),
    anyOf: [
      Object.fromEntries(entries.filter(([name]) => !annotationKeys.includes(name))),
      { type: 'string', pattern: referencePattern },
    ],
  };
}

function rejectsPlainText({ type, enum: allowedValues, pattern }: Readonly<Record<string, unknown>>): boolean {
  if (type === 'integer' || type === 'number' || type === 'boolean') return true;
  return type === 'string' && (allowedValues !== undefined || pattern !== undefined);
}
