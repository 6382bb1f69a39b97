import type { SpecNode } from './spec-node.ts';

/** What a JSON Schema says about a value, with `allOf` merged and the forms of `oneOf` and `anyOf` taken together. */
export interface SchemaShape {
  readonly node: SpecNode;
  /** JSON types without `null`; empty where the schema names none. */
  readonly types: ReadonlySet<string>;
  readonly nullable: boolean;
  readonly properties: ReadonlyMap<string, SpecNode>;
  readonly required: ReadonlySet<string>;
  /** What a list consists of. */
  readonly items: SpecNode | null;
  readonly maxItems: { readonly value: number; readonly node: SpecNode } | null;
  /** The schema of properties without a name of their own, or whether there may be any; `null`: it does not say. */
  readonly additional: SpecNode | boolean | null;
  /** Values of `enum` and `const`; empty where there is neither. */
  readonly values: readonly unknown[];
}

/** Schemas nest without end only in a loop. */
const maxDepth = 30;

export function shapeOf(node: SpecNode, depth = 0, seen: ReadonlySet<string> = new Set()): SchemaShape {
  const own = ownShape(node);
  // A schema that is part of itself says nothing new.
  if (depth > maxDepth || seen.has(node.pointer)) return own;
  const deeper = new Set([...seen, node.pointer]);
  const nested = (name: string): readonly SchemaShape[] =>
    (node.get(name)?.items() ?? []).map((part) => shapeOf(part, depth + 1, deeper));
  const all = nested('allOf').reduce((whole, part) => merged(whole, part, true), own);
  return [...nested('oneOf'), ...nested('anyOf')].reduce((whole, part) => merged(whole, part, false), all);
}

function ownShape(node: SpecNode): SchemaShape {
  const type = node.get('type');
  const written = type === null ? [] : [type.scalar(), ...type.items().map((item) => item.scalar())];
  const types = written.filter((name) => typeof name === 'string');
  const maxItems = node.get('maxItems');
  const maximum = node.number('maxItems');
  const values = (node.get('enum')?.items() ?? []).map((item) => item.scalar());
  const constant = node.get('const');
  return {
    node,
    types: new Set(types.filter((name) => name !== 'null')),
    nullable: types.includes('null') || node.get('nullable')?.scalar() === true,
    properties: new Map(node.get('properties')?.entries() ?? []),
    required: new Set((node.get('required')?.items() ?? []).map((item) => String(item.scalar()))),
    items: node.get('items'),
    maxItems: maxItems === null || maximum === null ? null : { value: maximum, node: maxItems },
    additional: additionalOf(node),
    values: constant === null ? values : [...values, constant.scalar()],
  };
}

function additionalOf(node: SpecNode): SpecNode | boolean | null {
  const additional = node.get('additionalProperties');
  const value = additional?.scalar();
  return typeof value === 'boolean' ? value : additional;
}

/** Both at the same time where `isBoth`; otherwise one of the two, so that only what all ask for is required. */
function merged(whole: SchemaShape, part: SchemaShape, isBoth: boolean): SchemaShape {
  return {
    node: whole.node,
    types: new Set([...whole.types, ...part.types]),
    nullable: whole.nullable || part.nullable,
    properties: new Map([...part.properties, ...whole.properties]),
    required: isBoth ? new Set([...whole.required, ...part.required]) : whole.required,
    items: whole.items ?? part.items,
    maxItems: whole.maxItems ?? part.maxItems,
    additional: whole.additional ?? part.additional,
    values: [...whole.values, ...part.values],
  };
}

/** What a request must have: the API itself sets what is `readOnly`. */
export function requiredInRequests({ required, properties }: SchemaShape): readonly string[] {
  return [...required].filter((name) => properties.get(name)?.get('readOnly')?.scalar() !== true);
}

export function isList(shape: SchemaShape): boolean {
  return shape.types.has('array') || (shape.types.size === 0 && shape.items !== null);
}

/** The schema of a body: its first JSON media type. */
export function jsonSchema(content: SpecNode | null): SpecNode | null {
  const media = content?.entries() ?? [];
  const found = media.find(([type]) => isJsonType(type)) ?? media.find(([type]) => type.includes('*'));
  return found?.[1].get('schema') ?? null;
}

export function isJsonType(type: string): boolean {
  return /^application\/([\w.-]+\+)?json\b/i.test(type);
}
