import { gzipSync } from 'node:zlib';
import { errors, json, jsonType, text, withHeaders } from '../reply.ts';
import type { Answer, WholeAnswer } from '../reply.ts';
import type { Fault } from './faults.ts';
import { tooManyRequests } from '../api/rate-limit.ts';

/** Does what the request asks for; `leaveOut` are places of rows that are refused although they are right. */
export type Apply = (leaveOut: readonly number[]) => WholeAnswer;
export type Wait = (delayMs: number) => Promise<void>;

/** Plays a fault around the applying of a request. */
export async function answerWithFault(fault: Fault, apply: Apply, wait: Wait): Promise<Answer> {
  switch (fault.kind) {
    case 'slow':
      return answerLate(fault.delayMs, { first: fault.when !== 'after', apply, wait });
    case 'partial':
      return apply(fault.rows);
    case 'empty': {
      const answer = apply([]);
      return answer.status === 200 ? { ...answer, status: 204, headers: {}, body: '' } : answer;
    }
    case 'cut': {
      const answer = fault.when === undefined || fault.when === 'before' ? null : apply([]);
      return { kind: 'cut', start: fault.when === 'in_answer' ? answer : null, rows: answer?.rows ?? null };
    }
    case 'redirect':
      return withHeaders(json(fault.status ?? 302, {}), { location: fault.location });
    case 'limit':
      return tooManyRequests(fault.retryAfter, fault.seconds ?? 1);
    case 'status':
    case 'html':
    case 'not_json':
    case 'endless':
    case 'gzip_bomb': {
      const rows = fault.when === 'after' ? apply([]).rows : null;
      return { ...replacement(fault), rows };
    }
    default:
      throw noSuchFault(fault);
  }
}

interface Late {
  readonly first: boolean;
  readonly apply: Apply;
  readonly wait: Wait;
}

async function answerLate(delayMs: number, { first, apply, wait }: Late): Promise<Answer> {
  if (first) await wait(delayMs);
  const answer = apply([]);
  if (!first) await wait(delayMs);
  return answer;
}

type Replacing = Extract<Fault, { kind: 'status' | 'html' | 'not_json' | 'endless' | 'gzip_bomb' }>;

function replacement(fault: Replacing): Answer {
  switch (fault.kind) {
    case 'status':
      return errors(fault.status, [{ title: `Status ${fault.status}`, detail: 'The simulator was told to fail.' }]);
    case 'html':
      return text(200, 'html', '<!doctype html><title>Sign in</title><p>Please sign in to continue.</p>');
    case 'not_json':
      return { ...json(200, null), body: '{"data": [{"id": ' };
    case 'endless':
      return { kind: 'streamed', status: 200, headers: jsonType, chunks: endlessBody(), rows: null };
    case 'gzip_bomb': {
      const headers = { ...jsonType, 'content-encoding': 'gzip' };
      return { kind: 'streamed', status: 200, headers, chunks: bomb(fault.megabytes ?? 1_024), rows: null };
    }
    default:
      throw noSuchFault(fault);
  }
}

function* endlessBody(): Generator<Buffer> {
  yield Buffer.from('{"data":["');
  const filler = Buffer.alloc(65_536, 'a');
  for (;;) yield filler;
}

/** gzip allows several members in a row, so one packed megabyte serves for all. */
function* bomb(megabytes: number): Generator<Buffer> {
  yield gzipSync('{"data":["');
  const member = gzipSync(Buffer.alloc(1_048_576, 'a'), { level: 9 });
  for (let sent = 0; sent < megabytes; sent += 1) yield member;
  yield gzipSync('"]}');
}

function noSuchFault(fault: never): Error {
  return new Error(`There is no such fault: ${JSON.stringify(fault)}`);
}
