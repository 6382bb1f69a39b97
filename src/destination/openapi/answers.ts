import type { ReferenceFinding } from '../../core/wire-reference.ts';
import { mediaType, participantsPath } from '../wire.ts';
import { findListOperation, parametersOf } from './batch-operation.ts';
import { isList, jsonSchema, shapeOf } from './schema-shape.ts';
import type { SchemaShape } from './schema-shape.ts';
import type { SpecNode } from './spec-node.ts';

/** What the answers of the API mean for panelsync: errors that name rows, and lists of participants. */
interface AnswerFindings {
  readonly facts: readonly ReferenceFinding[];
  readonly unsupported: readonly ReferenceFinding[];
}

const refusals = ['422', '400', '409', '4XX', '4xx', 'default'];

export function errorFindings(operation: SpecNode): AnswerFindings {
  const responses = operation.get('responses');
  const response = refusals
    .map((status) => responses?.get(status))
    .find((found) => found !== undefined && found !== null);
  const schema = jsonSchema(response?.get('content') ?? null);
  const place = (schema ?? response ?? responses ?? operation).place;
  if (schema === null) return { facts: [{ text: 'The form of errors is not in the file', place }], unsupported: [] };
  const errors = propertyShape(shapeOf(schema), 'errors');
  const error = errors?.items === null || errors === null ? null : shapeOf(errors.items);
  const source = error === null ? null : propertyShape(error, 'source');
  const pointer = source?.properties.has('pointer') === true ? 'errors[].source.pointer' : null;
  const found = pointer ?? (error?.properties.has('pointer') === true ? 'errors[].pointer' : null);
  const text =
    found === null
      ? 'Errors name no rows: a refused batch is split to find the bad ones'
      : `Errors name their rows by a JSON pointer (${found})`;
  return { facts: [{ text, place }], unsupported: [] };
}

/** `Accept` asks for one version of the API. */
export function mediaFindings(operation: SpecNode): AnswerFindings {
  const responses = (operation.get('responses')?.entries() ?? []).filter(([status]) => status.startsWith('2'));
  const contents = responses.flatMap(([, response]) => response.get('content') ?? []);
  const types = contents.flatMap((content) => content.entries().map(([type]) => type));
  const [content] = contents;
  const isKnown = types.some(
    (type) => type.startsWith(mediaType) || type.includes('*') || /^application\/json\b/i.test(type),
  );
  if (content === undefined || types.length === 0 || isKnown) return { facts: [], unsupported: [] };
  const text = `answers are ${types.join(', ')}, and panelsync asks for ${mediaType}`;
  return { facts: [], unsupported: [{ text, place: content.place }] };
}

export function listFindings(root: SpecNode): AnswerFindings {
  const operation = findListOperation(root, participantsPath);
  if (operation === null) {
    const text = 'the file has no list of participants: `baseline`, `verify` and `canary` cannot read the Hub';
    return { facts: [], unsupported: [{ text, place: (root.get('paths') ?? root).place }] };
  }
  const { node } = operation;
  const response = node.get('responses')?.get('200') ?? null;
  const schema = jsonSchema(response?.get('content') ?? null);
  const shape = schema === null ? null : shapeOf(schema);
  const data = shape === null ? null : propertyShape(shape, 'data');
  const parameters = parametersOf(operation).map((parameter) => parameter.text('name') ?? '');
  const pages = parameters.filter((name) => /page|cursor|offset|limit/i.test(name));
  const isPaged = pages.length === 0 || (pages.includes('page[size]') && pages.includes('page[number]'));
  return {
    facts: shape === null ? [] : [{ text: `A list of participants ends at ${listEnd(shape)}`, place: node.place }],
    unsupported: [
      ...(shape === null || (data !== null && isList(data))
        ? []
        : [{ text: 'a list of participants does not stand under `data`', place: node.place }]),
      ...(isPaged
        ? []
        : [
            {
              text: `pages are asked for with ${pages.join(', ')} instead of page[size] and page[number]`,
              place: node.place,
            },
          ]),
    ],
  };
}

function listEnd(shape: SchemaShape): string {
  const meta = propertyShape(shape, 'meta');
  const pagination = (meta === null ? null : propertyShape(meta, 'pagination')) ?? meta ?? shape;
  const more = ['hasMore', 'has_more'].find((name) => pagination.properties.has(name));
  if (more !== undefined) return `${more}: false`;
  const links = propertyShape(shape, 'links');
  if (links?.properties.has('next') === true) return 'a page without links.next';
  const total = [...pagination.properties.keys()].find((name) => /^total|pages$/i.test(name));
  return total === undefined ? 'the first empty page: nothing else is in the file' : `the number in ${total}`;
}

function propertyShape(shape: SchemaShape, name: string): SchemaShape | null {
  const node = shape.properties.get(name);
  return node === undefined ? null : shapeOf(node);
}
