import { gzipSync } from 'node:zlib';
import { errorListReply, jsonReply, jsonType, textReply, withHeaders } from '../reply.ts';
import type { Reply, BufferedReply } from '../reply.ts';
import type { Fault } from './faults.ts';
import { rateLimitedReply } from '../api/rate-limit.ts';

/** Applies the request; `rejectedRows` are refused although they are valid. */
export type ApplyRequest = (rejectedRows: readonly number[]) => BufferedReply;
export type Delay = (delayMs: number) => Promise<void>;

/** Applies a request and injects a fault before or after. */
export async function injectFault(fault: Fault, apply: ApplyRequest, delay: Delay): Promise<Reply> {
  switch (fault.kind) {
    case 'slow':
      return delayedReply(fault.delayMs, { delayFirst: fault.when !== 'after', apply, delay });
    case 'partial':
      return apply(fault.rows);
    case 'empty': {
      const reply = apply([]);
      return reply.status === 200 ? { ...reply, status: 204, headers: {}, body: '' } : reply;
    }
    case 'cut': {
      const reply = fault.when === undefined || fault.when === 'before' ? null : apply([]);
      return { kind: 'cut', partial: fault.when === 'in_answer' ? reply : null, rows: reply?.rows ?? null };
    }
    case 'redirect':
      return withHeaders(jsonReply(fault.status ?? 302, {}), { location: fault.location });
    case 'limit':
      return rateLimitedReply(fault.retryAfter, fault.seconds ?? 1);
    case 'status':
    case 'html':
    case 'not_json':
    case 'endless':
    case 'gzip_bomb': {
      const rows = fault.when === 'after' ? apply([]).rows : null;
      return { ...replacementReply(fault), rows };
    }
    default:
      throw unknownFaultError(fault);
  }
}

interface DelayedReplyOptions {
  readonly delayFirst: boolean;
  readonly apply: ApplyRequest;
  readonly delay: Delay;
}

async function delayedReply(delayMs: number, { delayFirst, apply, delay }: DelayedReplyOptions): Promise<Reply> {
  if (delayFirst) await delay(delayMs);
  const reply = apply([]);
  if (!delayFirst) await delay(delayMs);
  return reply;
}

type ReplacementFault = Extract<Fault, { kind: 'status' | 'html' | 'not_json' | 'endless' | 'gzip_bomb' }>;

function replacementReply(fault: ReplacementFault): Reply {
  switch (fault.kind) {
    case 'status':
      return errorListReply(fault.status, [
        { title: `Status ${fault.status}`, detail: 'The simulator was set to fail.' },
      ]);
    case 'html':
      return textReply(200, 'html', '<!doctype html><title>Sign in</title><p>Please sign in to continue.</p>');
    case 'not_json':
      return { ...jsonReply(200, null), body: '{"data": [{"id": ' };
    case 'endless':
      return { kind: 'streamed', status: 200, headers: jsonType, chunks: endlessBody(), rows: null };
    case 'gzip_bomb': {
      const headers = { ...jsonType, 'content-encoding': 'gzip' };
      return { kind: 'streamed', status: 200, headers, chunks: gzipBomb(fault.megabytes ?? 1_024), rows: null };
    }
    default:
      throw unknownFaultError(fault);
  }
}

function* endlessBody(): Generator<Buffer> {
  yield Buffer.from('{"data":["');
  const filler = Buffer.alloc(65_536, 'a');
  for (;;) yield filler;
}

/** gzip allows several members in a row, so one compressed megabyte is repeated. */
function* gzipBomb(megabytes: number): Generator<Buffer> {
  yield gzipSync('{"data":["');
  const member = gzipSync(Buffer.alloc(1_048_576, 'a'), { level: 9 });
  for (let count = 0; count < megabytes; count += 1) yield member;
  yield gzipSync('"]}');
}

function unknownFaultError(fault: never): Error {
  return new Error(`There is no such fault: ${JSON.stringify(fault)}`);
}
