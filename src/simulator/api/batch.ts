import { isUtf8 } from 'node:buffer';
import { errorListReply, jsonReply, errorReply } from '../reply.ts';
import type { ApiError, BufferedReply } from '../reply.ts';
import { expectedShape, extractRows } from './envelope.ts';
import type { ApiCall, SimulatedHub } from '../simulated-hub.ts';
import type { PointerFormat } from '../options.ts';
import { validateRows } from '../panel/validate-rows.ts';
import type { ValidRow } from '../panel/validate-rows.ts';
import type { RowValidationError } from '../panel/row-rules.ts';

const maxRows = 100;

const formatPointer: Readonly<Record<Exclude<PointerFormat, 'none'>, (row: number, path: string) => string>> = {
  jsonapi: (row, path) => (path === '' ? `/data/${row}` : `/data/${row}/attributes${path}`),
  participants: (row, path) => `/participants/${row}${path}`,
  array: (row, path) => `/${row}${path}`,
  short: (row) => `/${row}`,
};

/** Creates and updates people: the whole batch or nothing. `rejectedRows` are refused alone. */
export function handleBatch(hub: SimulatedHub, call: ApiCall, rejectedRows: readonly number[]): BufferedReply {
  const { envelope } = hub.options.wire;
  if (call.body === null) {
    return errorReply(413, 'Body too large', `A body holds at most ${hub.options.maxBodyBytes} bytes.`);
  }
  const body = parseBody(call.body);
  if (body === undefined) return errorReply(400, 'Invalid JSON', 'The body is not JSON in UTF-8.');
  const rows = extractRows(body, envelope);
  if (rows === null) return errorReply(400, 'Invalid body', expectedShape(envelope));
  if (rows.length === 0 || rows.length > maxRows) {
    const detail = `A batch holds 1 to ${maxRows} participants; this one holds ${rows.length}.`;
    return errorListReply(422, [{ title: 'Invalid batch', detail }], rows.length);
  }
  const result = validateRows(rows, hub.rules);
  if (result.errors.length > 0) {
    const apiErrors = result.errors.map((error) => toApiError(error, hub.options.pointerFormat));
    return errorListReply(422, apiErrors, rows.length);
  }
  return storeRows(hub, result.rows, rejectedRows);
}

/** `undefined`: not JSON, which has no such value. */
function parseBody(body: Buffer): unknown {
  if (!isUtf8(body)) return undefined;
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function storeRows(hub: SimulatedHub, rows: readonly ValidRow[], rejectedRows: readonly number[]): BufferedReply {
  const data: { id: string; type: string }[] = [];
  const rejections: ApiError[] = [];
  rows.forEach((row, index) => {
    if (rejectedRows.includes(index)) {
      const error = { row: index, path: [], title: 'Not accepted', detail: 'This participant was not accepted' };
      rejections.push(toApiError(error, hub.options.pointerFormat));
      return;
    }
    const { person, key, created } = hub.panel.upsert(row.fields, row.characteristics);
    hub.requestLog.recordRow(key, created, hub.options.recordApplied);
    data.push({ id: person.id, type: 'participant' });
  });
  hub.requestLog.batchesApplied += 1;
  return jsonReply(200, rejections.length === 0 ? { data } : { data, errors: rejections }, rows.length);
}

function toApiError(error: RowValidationError, format: PointerFormat): ApiError {
  const { title, detail } = error;
  const path = error.path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return format === 'none'
    ? { title, detail }
    : { title, detail, source: { pointer: formatPointer[format](error.row, path) } };
}
