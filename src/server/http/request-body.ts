import express from 'express';
import type { Request, RequestHandler } from 'express';
import { badRequestError, sendError } from './error-response.ts';
import type { PauseNote } from '../api.ts';

const maxBodySize = '2kb';
const maxTextLength = 500;

const parseJson = express.json({ limit: maxBodySize, strict: true });

/** A body is JSON or not there: forms, which any web page can send, are turned away. */
export const parseJsonBody: RequestHandler = (request, response, next) => {
  const hasBody = request.get('transfer-encoding') !== undefined || Number(request.get('content-length') ?? 0) > 0;
  if (!hasBody || request.is('application/json') === 'application/json') {
    parseJson(request, response, next);
    return;
  }
  const hint = 'Send it with Content-Type: application/json, or send none.';
  sendError(response, 415, { code: 'not_json', message: 'The body is not JSON.', hint });
};

/** The object in the body, without other keys than these. */
export function readBody({ body }: Request, allowedKeys: readonly string[]): Readonly<Record<string, unknown>> {
  const value: unknown = body;
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequestError('The body is no JSON object.', 'Send {} or nothing.');
  }
  if (Object.keys(value).some((key) => !allowedKeys.includes(key))) {
    const hint = allowedKeys.length === 0 ? 'It takes none.' : `It takes ${allowedKeys.join(', ')}.`;
    throw badRequestError('A key of the body is unknown.', hint);
  }
  return { ...value };
}

export function readPauseNote(request: Request): PauseNote {
  const { by, reason } = readBody(request, ['by', 'reason']);
  return { by: readText(by, 'by') ?? 'HTTP', reason: readText(reason, 'reason') };
}

function readText(value: unknown, key: string): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string' && value.length <= maxTextLength && !/\p{Cc}/u.test(value)) return value;
  throw badRequestError(`${key} takes one line of at most ${maxTextLength} characters.`, `Correct ${key}.`);
}
