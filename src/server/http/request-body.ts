import express from 'express';
import type { Request, RequestHandler } from 'express';
import { badRequestError, sendError } from './error-response.ts';
import type { ActionNote } from '../api.ts';

const maxBodySize = '2kb';
const maxTextLength = 500;

const parseJson = express.json({ limit: maxBodySize, strict: true });

/** Accepts JSON or no body. Forms, which any web page can send, are refused. */
export const parseJsonBody: RequestHandler = (request, response, next) => {
  const hasBody = request.get('transfer-encoding') !== undefined || Number(request.get('content-length') ?? 0) > 0;
  if (!hasBody || request.is('application/json') === 'application/json') {
    parseJson(request, response, next);
    return;
  }
  const hint = 'Send the body with Content-Type: application/json, or send none.';
  sendError(response, 415, { code: 'not_json', message: 'The body is not JSON.', hint });
};

/** The object in the body; keys other than these are errors. */
export function readBody({ body }: Request, allowedKeys: readonly string[]): Readonly<Record<string, unknown>> {
  const value: unknown = body;
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequestError('The body is not a JSON object.', 'Send an object, or no body.');
  }
  if (Object.keys(value).some((key) => !allowedKeys.includes(key))) {
    const hint = allowedKeys.length === 0 ? 'Send {} or no body.' : `Known keys: ${allowedKeys.join(', ')}.`;
    throw badRequestError('The body has an unknown key.', hint);
  }
  return { ...value };
}

/** Who does something, and why; `otherKeys` of the body are left to the caller. */
export function readActionNote(request: Request, otherKeys: readonly string[] = []): ActionNote {
  const { by, reason } = readBody(request, ['by', 'reason', ...otherKeys]);
  return { by: readText(by, 'by') ?? 'HTTP', reason: readText(reason, 'reason') };
}

/** One line, or `null` for none. */
export function readText(value: unknown, key: string): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string' && value.length <= maxTextLength && !/\p{Cc}/u.test(value)) return value;
  throw badRequestError(`${key} must be one line of at most ${maxTextLength} characters.`, `Correct ${key}.`);
}

/** `true`, or `false` for none. */
export function readFlag(value: unknown, key: string): boolean {
  if (value === undefined || value === null || value === false) return false;
  if (value === true) return true;
  throw badRequestError(`${key} must be true or false.`, `Correct ${key}.`);
}
