import { fieldNames } from '../../core/model/terms.ts';
import type { WireSettings } from '../../core/settings.ts';
import { jsonReply, errorReply } from '../reply.ts';
import type { BufferedReply } from '../reply.ts';
import type { ApiCall, SimulatedHub } from '../simulated-hub.ts';
import type { Person } from '../panel/panel.ts';
import { toCamelCase } from '../panel/row-rules.ts';

const defaultPageSize = 25;
const maxPageSize = 200;

const attributeNames = fieldNames.map((name) => ({ name, attribute: toCamelCase(name) }));

interface PageParameters {
  readonly size: number;
  readonly number: number;
}

export function listParticipants(hub: SimulatedHub, call: ApiCall): BufferedReply {
  const unavailableStatus = hub.options.unavailableLists.participants;
  if (unavailableStatus !== undefined) return unavailableReply(unavailableStatus);
  const list = { totalCount: hub.panel.people.size, hasTotals: hub.options.listTotals };
  const form = hub.options.wire.characteristics;
  return pageReply(call, list, (offset, limit) =>
    hub.panel.slice(offset, limit).map((person) => toParticipant(person, form)),
  );
}

export function listCharacteristics(hub: SimulatedHub, call: ApiCall): BufferedReply {
  const { characteristics, unavailableLists, listTotals } = hub.options;
  // A Hub that takes every slug cannot list them.
  if (characteristics === null) return unavailableReply(unavailableLists.characteristics ?? 404);
  if (unavailableLists.characteristics !== undefined) return unavailableReply(unavailableLists.characteristics);
  const all = characteristics.map(({ name, slug, type }, index) => ({
    id: String(index + 1),
    type: 'characteristic',
    attributes: { name, slug, type },
  }));
  const list = { totalCount: all.length, hasTotals: listTotals };
  return pageReply(call, list, (offset, limit) => all.slice(offset, offset + limit));
}

function unavailableReply(status: number): BufferedReply {
  return errorReply(status, 'Not available', 'This list is not available.');
}

/** Characteristics are listed in the form in which they are sent. */
const listedCharacteristics: Readonly<
  Record<WireSettings['characteristics'], (characteristics: Person['characteristics']) => object>
> = {
  nested: (characteristics) => ({ characteristics }),
  flat: (characteristics) => characteristics,
  list: (characteristics) => ({
    characteristics: Object.entries(characteristics).map(([slug, value]) => ({ slug, value })),
  }),
};

function toParticipant({ id, fields, characteristics }: Person, form: WireSettings['characteristics']): unknown {
  const attributes: Record<string, unknown> = {};
  for (const { name, attribute } of attributeNames) attributes[attribute] = fields[name] ?? null;
  return { id, type: 'participant', attributes: { ...attributes, ...listedCharacteristics[form](characteristics) } };
}

type Slice = (offset: number, limit: number) => readonly unknown[];

interface ListLength {
  readonly totalCount: number;
  readonly hasTotals: boolean;
}

function pageReply(call: ApiCall, { totalCount, hasTotals }: ListLength, slice: Slice): BufferedReply {
  const page = parsePageParameters(call.query);
  if (page === null) {
    const detail = `page[size] is 1 to ${maxPageSize} (default ${defaultPageSize}), page[number] is 1 or more, and there are no other parameters.`;
    return errorReply(400, 'Invalid parameters', detail);
  }
  const totals = { totalPages: Math.ceil(totalCount / page.size), totalCount, pageSize: page.size };
  const hasMore = page.number * page.size < totalCount;
  const pagination = { currentPage: page.number, hasMore, ...(hasTotals ? totals : {}) };
  return jsonReply(200, { data: slice((page.number - 1) * page.size, page.size), meta: { pagination } });
}

function parsePageParameters(query: string): PageParameters | null {
  const parameters = new Map(new URLSearchParams(query));
  const size = parsePositiveInteger(parameters.get('page[size]') ?? String(defaultPageSize));
  const number = parsePositiveInteger(parameters.get('page[number]') ?? '1');
  parameters.delete('page[size]');
  parameters.delete('page[number]');
  if (size === null || size > maxPageSize || number === null || parameters.size > 0) return null;
  return { size, number };
}

function parsePositiveInteger(text: string): number | null {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
}
