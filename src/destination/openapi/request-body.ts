import type { Derived, DerivedSettings, ReferenceFinding } from '../../core/wire-reference.ts';
import type { WireSettings } from '../../core/settings.ts';
import { isJsonType, isList, jsonSchema, requiredInRequests, shapeOf } from './schema-shape.ts';
import type { SchemaShape } from './schema-shape.ts';
import type { SpecNode } from './spec-node.ts';

/** The document around the participants, and the schema of one of them. */
export interface Envelope {
  /** A value of `destination.wire.envelope`; `null`: none fits. */
  readonly envelope: NonNullable<DerivedSettings['envelope']> | null;
  readonly maxItems: Derived<number> | null;
  /** `null`: no list of participants was found. */
  readonly participant: SchemaShape | null;
  readonly unsupported: readonly ReferenceFinding[];
}

export function envelopeOf(operation: SpecNode): Envelope {
  const body = operation.get('requestBody') ?? operation;
  const content = body.get('content');
  const schema = jsonSchema(content);
  if (schema === null) return without(body, 'the file does not describe the body of a batch as JSON');
  const shape = shapeOf(schema);
  const found = findList(shape);
  if (found === null) return without(schema, 'the body of a batch has no list of participants');
  const { name, list } = found;
  const rest = requiredInRequests(shape).filter((property) => property !== name);
  const unsupported = rest.map((property) => ({
    text: `the body of a batch needs \`${property}\` beside the participants`,
    place: (shape.properties.get(property) ?? schema).place,
  }));
  const media = mediaFindings(content);
  const maxItems = list.maxItems === null ? null : { value: list.maxItems.value, place: list.maxItems.node.place };
  return envelopeAround({ name, list, maxItems, unsupported: [...media, ...unsupported] });
}

interface FoundList {
  /** The property that it stands under; `null`: the body itself. */
  readonly name: string | null;
  readonly list: SchemaShape;
}

function envelopeAround(found: FoundList & Pick<Envelope, 'maxItems' | 'unsupported'>): Envelope {
  const { name, list, maxItems, unsupported } = found;
  const item = list.items === null ? null : shapeOf(list.items);
  const fit = (value: WireSettings['envelope']): NonNullable<DerivedSettings['envelope']> => {
    return { value: [value], place: list.node.place };
  };
  const misfit = (text: string, participant: SchemaShape | null): Envelope => {
    return { envelope: null, maxItems, participant, unsupported: [...unsupported, { text, place: list.node.place }] };
  };
  if (name === null || name === 'participants') {
    const inner = innerObject(item);
    if (inner !== null) return misfit(`each participant is wrapped in \`${inner.name}\``, inner.shape);
    return { envelope: fit(name ?? 'array'), maxItems, participant: item, unsupported };
  }
  const attributes = item?.properties.get('attributes');
  if (name !== 'data' || item === null || attributes === undefined) {
    return misfit(`the participants stand under \`${name}\`${name === 'data' ? ', without `attributes`' : ''}`, item);
  }
  const problems = resourceProblems(item);
  return {
    envelope: fit('jsonapi'),
    maxItems,
    participant: shapeOf(attributes),
    unsupported: [...unsupported, ...problems],
  };
}

/** panelsync sends `type` and `attributes` of a resource. */
function resourceProblems(item: SchemaShape): readonly ReferenceFinding[] {
  const extra = requiredInRequests(item).filter((name) => name !== 'type' && name !== 'attributes');
  const type = item.properties.get('type');
  const types = type === undefined ? [] : shapeOf(type).values;
  return [
    ...extra.map((name) => ({
      text: `each entry needs \`${name}\` beside its attributes`,
      place: (item.properties.get(name) ?? item.node).place,
    })),
    ...(type === undefined || types.length === 0 || types.includes('participant')
      ? []
      : [
          {
            text: `the type of an entry is ${JSON.stringify(types[0])}, and panelsync sends "participant"`,
            place: type.place,
          },
        ]),
  ];
}

function findList(shape: SchemaShape): FoundList | null {
  if (isList(shape)) return { name: null, list: shape };
  const lists = [...shape.properties]
    .map(([name, node]) => ({ name, list: shapeOf(node) }))
    .filter(({ list }) => isList(list));
  const byName = (wanted: string): FoundList | undefined => lists.find(({ name }) => name === wanted);
  return byName('participants') ?? byName('data') ?? lists[0] ?? null;
}

/** `{ "participant": { "email": … } }` instead of `{ "email": … }`. */
function innerObject(item: SchemaShape | null): { readonly name: string; readonly shape: SchemaShape } | null {
  if (item === null || item.properties.has('email')) return null;
  for (const [name, node] of item.properties) {
    const shape = shapeOf(node);
    if (shape.properties.has('email')) return { name, shape };
  }
  return null;
}

function mediaFindings(content: SpecNode | null): readonly ReferenceFinding[] {
  const types = (content?.entries() ?? []).map(([type]) => type);
  const accepted = types.some((type) => /^application\/json\b/i.test(type) || type.includes('*'));
  const other = types.find(isJsonType);
  if (content === null || accepted || other === undefined) return [];
  return [{ text: `bodies are ${other}, and panelsync sends application/json`, place: content.place }];
}

function without(node: SpecNode, text: string): Envelope {
  return { envelope: null, maxItems: null, participant: null, unsupported: [{ text, place: node.place }] };
}
