/** How tests and people steer the simulator while it runs. */

import { jsonReply, errorReply, textReply } from '../reply.ts';
import type { BufferedReply } from '../reply.ts';
import { deletePerson, upsertPeople } from './manual-edits.ts';
import { faultUsage, isFault } from '../faults/fault-schema.ts';
import type { ApiCall, SimulatedHub } from '../simulated-hub.ts';

const defaultLimit = 1_000;

const helpText = `This is a simulated User Interviews Research Hub. Nothing leaves this process.

PATCH /api/participants/batches      creates and updates up to 100 people
GET   /api/participants              the people, in pages
GET   /api/characteristics           the custom fields, in pages

Without a key, to play with it:
GET   /simulator/people?limit=&offset=
POST  /simulator/people              adds or edits people by hand: {"email": "ada@example.com", "city": "Oslo"}
DELETE /simulator/people?email=      deletes a person by hand
GET   /simulator/stats
POST  /simulator/faults              a fault as JSON, such as {"kind": "status", "status": 503, "times": 2}
POST  /simulator/reset               forgets people, counts and faults
`;

/** Handles what is not the Hub's API: the help page and the controls; `null`: the API handles it. */
export function handleControl(hub: SimulatedHub, call: ApiCall, reset: () => void): BufferedReply | null {
  if (call.method === 'GET' && ['/', '/api', '/api/'].includes(call.path)) return textReply(200, 'plain', helpText);
  if (!call.path.startsWith('/simulator/')) return null;
  switch (`${call.method} ${call.path}`) {
    case 'GET /simulator/people':
      return listPeople(hub, call.query);
    case 'POST /simulator/people':
      return upsertPeople(hub, call);
    case 'DELETE /simulator/people':
      return deletePerson(hub, call);
    case 'GET /simulator/stats':
      return statsReply(hub);
    case 'POST /simulator/faults':
      return addFault(hub, call.body);
    case 'POST /simulator/reset':
      reset();
      return jsonReply(200, { reset: true });
    default:
      return errorReply(404, 'Not found', 'The simulator has no such control.');
  }
}

function listPeople(hub: SimulatedHub, query: string): BufferedReply {
  const parameters = new URLSearchParams(query);
  const limit = Number(parameters.get('limit') ?? defaultLimit);
  const offset = Number(parameters.get('offset') ?? 0);
  if (!Number.isSafeInteger(limit) || !Number.isSafeInteger(offset) || limit < 0 || offset < 0) {
    return errorReply(400, 'Invalid parameters', 'limit and offset are whole numbers.');
  }
  return jsonReply(200, { total: hub.panel.people.size, people: hub.panel.slice(offset, limit) });
}

function statsReply({ requestLog, panel, faults, options }: SimulatedHub): BufferedReply {
  return jsonReply(200, {
    people: panel.people.size,
    requests: requestLog.requests,
    byStatus: Object.fromEntries(requestLog.byStatus),
    cut: requestLog.cut,
    batchesApplied: requestLog.batchesApplied,
    rowsApplied: requestLog.rowsApplied,
    created: requestLog.created,
    updated: requestLog.updated,
    repeated: requestLog.repeated,
    faultsWaiting: faults.pendingCount,
    lastRequests: requestLog.latest(Math.min(20, options.logSize)),
  });
}

function addFault(hub: SimulatedHub, body: Buffer | null): BufferedReply {
  let fault: unknown;
  try {
    fault = JSON.parse(body?.toString() ?? '');
  } catch {
    fault = null;
  }
  if (!isFault(fault)) return errorReply(400, 'Invalid fault', faultUsage);
  hub.faults.add(fault);
  return jsonReply(201, { faultsWaiting: hub.faults.pendingCount });
}
