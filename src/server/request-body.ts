import express from 'express';
import type { Request, RequestHandler } from 'express';
import { badRequest, refuse } from './error-response.ts';
import type { PauseNote } from './api.ts';

const longestBody = '2kb';
const longestText = 500;

const parseJson = express.json({ limit: longestBody, strict: true });

/** A body is JSON or not there: forms, which any web page can send, are turned away. */
export const jsonBody: RequestHandler = (request, response, next) => {
  const isThere = request.get('transfer-encoding') !== undefined || Number(request.get('content-length') ?? 0) > 0;
  if (!isThere || request.is('application/json') === 'application/json') {
    parseJson(request, response, next);
    return;
  }
  const hint = 'Send it with Content-Type: application/json, or send none.';
  refuse(response, 415, { code: 'not_json', message: 'The body is not JSON.', hint });
};

/** The object in the body, without other keys than these. */
export function bodyOf({ body }: Request, known: readonly string[]): Readonly<Record<string, unknown>> {
  const given: unknown = body;
  if (given === undefined) return {};
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw badRequest('The body is no JSON object.', 'Send {} or nothing.');
  }
  if (Object.keys(given).some((key) => !known.includes(key))) {
    const hint = known.length === 0 ? 'It takes none.' : `It takes ${known.join(', ')}.`;
    throw badRequest('A key of the body is unknown.', hint);
  }
  return { ...given };
}

export function noteOf(request: Request): PauseNote {
  const { by, reason } = bodyOf(request, ['by', 'reason']);
  return { by: textOf(by, 'by') ?? 'HTTP', reason: textOf(reason, 'reason') };
}

function textOf(value: unknown, key: string): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string' && value.length <= longestText && !/\p{Cc}/u.test(value)) return value;
  throw badRequest(`${key} takes one line of at most ${longestText} characters.`, `Correct ${key}.`);
}
