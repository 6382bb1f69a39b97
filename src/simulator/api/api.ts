import { refusal, withHeaders } from '../reply.ts';
import type { WholeAnswer } from '../reply.ts';
import { answerBatch } from './batch.ts';
import { turnedAway } from './check-headers.ts';
import type { Call, Hub } from '../simulated-hub.ts';
import { answerCharacteristics, answerParticipants } from './lists.ts';

type Handler = (hub: Hub, call: Call, leaveOut: readonly number[]) => WholeAnswer;

interface Route {
  readonly method: string;
  readonly handle: Handler;
}

const routes: ReadonlyMap<string, Route> = new Map([
  ['/api/participants/batches', { method: 'PATCH', handle: answerBatch }],
  ['/api/participants', { method: 'GET', handle: answerParticipants }],
  ['/api/characteristics', { method: 'GET', handle: answerCharacteristics }],
]);

/** Answers as a Hub without faults would. */
export function answerApi(hub: Hub, call: Call, leaveOut: readonly number[]): WholeAnswer {
  const route = routes.get(call.path);
  if (route === undefined) return refusal(404, 'Not found', 'There is nothing at this address.');
  if (call.method !== route.method) {
    const answer = refusal(405, 'Method not allowed', `Expected ${route.method}.`);
    return withHeaders(answer, { allow: route.method });
  }
  return turnedAway(hub, call) ?? route.handle(hub, call, leaveOut);
}
