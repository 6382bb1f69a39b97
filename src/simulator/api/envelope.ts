import type { WireSettings } from '../../core/settings.ts';
import { isRecord } from '../panel/row-rules.ts';

const expectedShapes: Readonly<Record<WireSettings['envelope'], string>> = {
  participants: '{"participants": [{…}]}',
  jsonapi: '{"data": [{"type": "participant", "attributes": {…}}]}',
  array: '[{…}]',
};

export function expectedShape(envelope: WireSettings['envelope']): string {
  return `Expected ${expectedShapes[envelope]} and nothing else.`;
}

/** The rows in the only accepted format; `null` for every other format. */
export function extractRows(body: unknown, envelope: WireSettings['envelope']): readonly unknown[] | null {
  const list = listIn[envelope](body);
  if (!Array.isArray(list)) return null;
  const items: readonly unknown[] = list;
  if (envelope !== 'jsonapi') return items;
  const rows: unknown[] = [];
  for (const item of items) {
    if (!isRecord(item) || item['type'] !== 'participant' || !isRecord(item['attributes'])) return null;
    if (Object.keys(item).length !== 2) return null;
    rows.push(item['attributes']);
  }
  return rows;
}

const listIn: Readonly<Record<WireSettings['envelope'], (body: unknown) => unknown>> = {
  participants: (body) => onlyProperty(body, 'participants'),
  jsonapi: (body) => onlyProperty(body, 'data'),
  array: (body) => body,
};

function onlyProperty(body: unknown, key: string): unknown {
  return isRecord(body) && Object.keys(body).length === 1 ? body[key] : undefined;
}
