import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { isLoopbackHost } from '../lib/loopback.ts';
import { refuse } from './error-response.ts';

/** Nothing of ours is for browsers to keep, to frame or to run. */
export const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  });
  next();
};

/** Asks for the token. Without one set, only programs on this machine that call it by its own name are let in. */
export function onlyAllowed(token: string | null): RequestHandler {
  const wanted = token === null ? null : digest(token);
  return (request, response, next) => {
    const allowed = wanted === null ? isCalledLocal(request, response) : hasToken(request, response, wanted);
    if (allowed && isFromHere(request, response)) next();
  };
}

function hasToken(request: Request, response: Response, wanted: Buffer): boolean {
  const given = /^bearer +(\S+) *$/i.exec(request.get('authorization') ?? '')?.[1];
  // Digests have one length, and comparing them takes the same time wherever they differ.
  if (given !== undefined && timingSafeEqual(digest(given), wanted)) return true;
  response.set('WWW-Authenticate', 'Bearer realm="panelsync"');
  refuse(response, 401, {
    code: 'unauthorized',
    message: given === undefined ? 'This address asks for a token.' : 'The token is not the right one.',
    hint: 'Send Authorization: Bearer and the token that server.token holds.',
  });
  return false;
}

/** A web page can point a name of its own at 127.0.0.1; the browser then sends that name as Host. */
function isCalledLocal(request: Request, response: Response): boolean {
  const host = request.get('host') ?? '';
  if (URL.canParse(`http://${host}`) && isLoopbackHost(new URL(`http://${host}`).hostname)) return true;
  refuse(response, 403, {
    code: 'foreign_host',
    message: 'Without a token only requests to this machine by its own name are answered.',
    hint: 'Call 127.0.0.1 or localhost, or set server.token.',
  });
  return false;
}

/** Browsers say which page a request comes from; no other page than one of ours may change anything. */
function isFromHere(request: Request, response: Response): boolean {
  if (request.method === 'GET' || request.method === 'HEAD') return true;
  const [host, origin] = [request.get('host'), request.get('origin')];
  const site = request.get('sec-fetch-site') ?? 'none';
  const own = origin === undefined || [`http://${host}`, `https://${host}`].includes(origin);
  if (own && (site === 'none' || site === 'same-origin')) return true;
  refuse(response, 403, {
    code: 'foreign_page',
    message: 'The request comes from a page of another site.',
    hint: 'Call from a program, not from a web page.',
  });
  return false;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
