/** The part of the API of the Research Hub that the simulator serves. */

import { errorReply, withHeaders } from '../reply.ts';
import type { BufferedReply } from '../reply.ts';
import { handleBatch } from './batch.ts';
import { checkHeaders } from './check-headers.ts';
import type { ApiCall, SimulatedHub } from '../simulated-hub.ts';
import { listCharacteristics, listParticipants } from './lists.ts';

type Handler = (hub: SimulatedHub, call: ApiCall, rejectedRows: readonly number[]) => BufferedReply;

interface Route {
  readonly method: string;
  readonly handle: Handler;
}

const routes: ReadonlyMap<string, Route> = new Map([
  ['/api/participants/batches', { method: 'PATCH', handle: handleBatch }],
  ['/api/participants', { method: 'GET', handle: listParticipants }],
  ['/api/characteristics', { method: 'GET', handle: listCharacteristics }],
]);

/** Responds as a Hub without faults would. */
export function handleApi(hub: SimulatedHub, call: ApiCall, rejectedRows: readonly number[]): BufferedReply {
  const route = routes.get(call.path);
  if (route === undefined) return errorReply(404, 'Not found', 'There is nothing at this address.');
  if (call.method !== route.method) {
    const reply = errorReply(405, 'Method not allowed', `Expected ${route.method}.`);
    return withHeaders(reply, { allow: route.method });
  }
  return checkHeaders(hub, call) ?? route.handle(hub, call, rejectedRows);
}
