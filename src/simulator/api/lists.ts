import { fieldNames } from '../../core/model/terms.ts';
import { json, refusal } from '../reply.ts';
import type { WholeAnswer } from '../reply.ts';
import type { Call, Hub } from '../simulated-hub.ts';
import type { Person } from '../panel/panel.ts';
import { camelCase } from '../panel/row-rules.ts';

const defaultPageSize = 25;
const maxPageSize = 200;

const attributeNames = fieldNames.map((name) => ({ name, attribute: camelCase(name) }));

interface Page {
  readonly size: number;
  readonly number: number;
}

export function answerParticipants(hub: Hub, call: Call): WholeAnswer {
  const closed = hub.options.closedLists.participants;
  if (closed !== undefined) return closedList(closed);
  return answerPage(call, hub.panel.people.size, (offset, limit) => hub.panel.slice(offset, limit).map(participant));
}

export function answerCharacteristics(hub: Hub, call: Call): WholeAnswer {
  const { characteristics, closedLists } = hub.options;
  // A Hub that takes every slug cannot list them.
  if (characteristics === null) return closedList(closedLists.characteristics ?? 404);
  if (closedLists.characteristics !== undefined) return closedList(closedLists.characteristics);
  const all = characteristics.map(({ name, slug, type }, index) => ({
    id: String(index + 1),
    type: 'characteristic',
    attributes: { name, slug, type },
  }));
  return answerPage(call, all.length, (offset, limit) => all.slice(offset, offset + limit));
}

function closedList(status: number): WholeAnswer {
  return refusal(status, 'Not available', 'This list is not available.');
}

function participant({ id, fields, characteristics }: Person): unknown {
  const attributes: Record<string, unknown> = {};
  for (const { name, attribute } of attributeNames) attributes[attribute] = fields[name] ?? null;
  return { id, type: 'participant', attributes: { ...attributes, characteristics } };
}

type Slice = (offset: number, limit: number) => readonly unknown[];

function answerPage(call: Call, totalCount: number, slice: Slice): WholeAnswer {
  const page = pageOf(call.query);
  if (page === null) {
    const detail = `page[size] is 1 to ${maxPageSize} (default ${defaultPageSize}), page[number] is 1 or more, and there are no other parameters.`;
    return refusal(400, 'Invalid parameters', detail);
  }
  const pagination = {
    currentPage: page.number,
    totalPages: Math.ceil(totalCount / page.size),
    totalCount,
    pageSize: page.size,
  };
  return json(200, { data: slice((page.number - 1) * page.size, page.size), meta: { pagination } });
}

function pageOf(query: string): Page | null {
  const parameters = new Map(new URLSearchParams(query));
  const size = count(parameters.get('page[size]') ?? String(defaultPageSize));
  const number = count(parameters.get('page[number]') ?? '1');
  parameters.delete('page[size]');
  parameters.delete('page[number]');
  if (size === null || size > maxPageSize || number === null || parameters.size > 0) return null;
  return { size, number };
}

function count(text: string): number | null {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
}
