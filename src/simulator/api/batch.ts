import { isUtf8 } from 'node:buffer';
import { errors, json, refusal } from '../reply.ts';
import type { ApiError, WholeAnswer } from '../reply.ts';
import { expectedShape, rowsOf } from './envelope.ts';
import type { Call, Hub } from '../simulated-hub.ts';
import type { PointerForm } from '../options.ts';
import { checkRows } from '../panel/validate-rows.ts';
import type { CheckedRow } from '../panel/validate-rows.ts';
import type { RowFault } from '../panel/row-rules.ts';

const maxRows = 100;

const pointers: Readonly<Record<Exclude<PointerForm, 'none'>, (row: number, path: string) => string>> = {
  jsonapi: (row, path) => (path === '' ? `/data/${row}` : `/data/${row}/attributes${path}`),
  participants: (row, path) => `/participants/${row}${path}`,
  short: (row) => `/${row}`,
};

/** Creates and updates people: all of the batch, or nothing. Rows at `leaveOut` are refused alone. */
export function answerBatch(hub: Hub, call: Call, leaveOut: readonly number[]): WholeAnswer {
  const { envelope } = hub.options.wire;
  if (call.body === null) {
    return refusal(413, 'Body too large', `A body holds at most ${hub.options.maxBodyBytes} bytes.`);
  }
  const body = parse(call.body);
  if (body === undefined) return refusal(400, 'Invalid JSON', 'The body is not JSON in UTF-8.');
  const rows = rowsOf(body, envelope);
  if (rows === null) return refusal(400, 'Invalid body', expectedShape(envelope));
  if (rows.length === 0 || rows.length > maxRows) {
    const detail = `A batch holds 1 to ${maxRows} participants; this one holds ${rows.length}.`;
    return errors(422, [{ title: 'Invalid batch', detail }], rows.length);
  }
  const checked = checkRows(rows, hub.rules);
  if (checked.faults.length > 0) {
    const list = checked.faults.map((fault) => apiError(fault, hub.options.pointers));
    return errors(422, list, rows.length);
  }
  return store(hub, checked.rows, leaveOut);
}

/** `undefined`: no JSON; JSON itself knows no such value. */
function parse(body: Buffer): unknown {
  if (!isUtf8(body)) return undefined;
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function store(hub: Hub, rows: readonly CheckedRow[], leaveOut: readonly number[]): WholeAnswer {
  const data: { id: string; type: string }[] = [];
  const left: ApiError[] = [];
  rows.forEach((row, index) => {
    if (leaveOut.includes(index)) {
      const fault = { row: index, path: [], title: 'Not accepted', detail: 'This participant was not accepted' };
      left.push(apiError(fault, hub.options.pointers));
      return;
    }
    const { person, key, created } = hub.panel.apply(row.fields, row.characteristics);
    hub.ledger.row(key, created, hub.options.recordApplied);
    data.push({ id: person.id, type: 'participant' });
  });
  hub.ledger.batchesApplied += 1;
  return json(200, left.length === 0 ? { data } : { data, errors: left }, rows.length);
}

function apiError(fault: RowFault, form: PointerForm): ApiError {
  const { title, detail } = fault;
  const path = fault.path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return form === 'none' ? { title, detail } : { title, detail, source: { pointer: pointers[form](fault.row, path) } };
}
