import { json, refusal, text } from '../reply.ts';
import type { WholeAnswer } from '../reply.ts';
import { deletePerson, putPeople } from './manual-edits.ts';
import { faultForm, isFault } from '../faults/fault-schema.ts';
import type { Call, Hub } from '../simulated-hub.ts';

const defaultPeople = 1_000;

const welcome = `This is a simulated User Interviews Research Hub. Nothing leaves this process.

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

/** Answers what is not the Hub's API: the page for people and the controls; `null`: it is the API's. */
export function answerControl(hub: Hub, call: Call, reset: () => void): WholeAnswer | null {
  if (call.method === 'GET' && ['/', '/api', '/api/'].includes(call.path)) return text(200, 'plain', welcome);
  if (!call.path.startsWith('/simulator/')) return null;
  switch (`${call.method} ${call.path}`) {
    case 'GET /simulator/people':
      return people(hub, call.query);
    case 'POST /simulator/people':
      return putPeople(hub, call);
    case 'DELETE /simulator/people':
      return deletePerson(hub, call);
    case 'GET /simulator/stats':
      return stats(hub);
    case 'POST /simulator/faults':
      return addFault(hub, call.body);
    case 'POST /simulator/reset':
      reset();
      return json(200, { reset: true });
    default:
      return refusal(404, 'Not found', 'The simulator has no such control.');
  }
}

function people(hub: Hub, query: string): WholeAnswer {
  const parameters = new URLSearchParams(query);
  const limit = Number(parameters.get('limit') ?? defaultPeople);
  const offset = Number(parameters.get('offset') ?? 0);
  if (!Number.isSafeInteger(limit) || !Number.isSafeInteger(offset) || limit < 0 || offset < 0) {
    return refusal(400, 'Invalid parameters', 'limit and offset are whole numbers.');
  }
  return json(200, { total: hub.panel.people.size, people: hub.panel.slice(offset, limit) });
}

function stats({ ledger, panel, faults, options }: Hub): WholeAnswer {
  return json(200, {
    people: panel.people.size,
    requests: ledger.requests,
    byStatus: Object.fromEntries(ledger.byStatus),
    cut: ledger.cut,
    batchesApplied: ledger.batchesApplied,
    rowsApplied: ledger.rowsApplied,
    created: ledger.created,
    updated: ledger.updated,
    repeated: ledger.repeated,
    faultsWaiting: faults.waiting,
    lastRequests: ledger.log(Math.min(20, options.logSize)),
  });
}

function addFault(hub: Hub, body: Buffer | null): WholeAnswer {
  let fault: unknown;
  try {
    fault = JSON.parse(body?.toString() ?? '');
  } catch {
    fault = null;
  }
  if (!isFault(fault)) return refusal(400, 'Invalid fault', faultForm);
  hub.faults.add(fault);
  return json(201, { faultsWaiting: hub.faults.waiting });
}
