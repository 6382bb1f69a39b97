import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { isLoopbackHost } from '../../lib/loopback.ts';
import { sendError } from '../http/error-response.ts';

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
export function requireAccess(token: string | null): RequestHandler {
  const tokenDigest = token === null ? null : sha256(token);
  return (request, response, next) => {
    const isAuthorized =
      tokenDigest === null ? isLocalHost(request, response) : hasValidToken(request, response, tokenDigest);
    if (isAuthorized && isSameOrigin(request, response)) next();
  };
}

function hasValidToken(request: Request, response: Response, tokenDigest: Buffer): boolean {
  const presentedToken = /^bearer +(\S+) *$/i.exec(request.get('authorization') ?? '')?.[1];
  // Digests have one length, and comparing them takes the same time wherever they differ.
  if (presentedToken !== undefined && timingSafeEqual(sha256(presentedToken), tokenDigest)) return true;
  response.set('WWW-Authenticate', 'Bearer realm="panelsync"');
  sendError(response, 401, {
    code: 'unauthorized',
    message: presentedToken === undefined ? 'This address asks for a token.' : 'The token is not the right one.',
    hint: 'Send Authorization: Bearer and the token that server.token holds.',
  });
  return false;
}

/** A web page can point a name of its own at 127.0.0.1; the browser then sends that name as Host. */
function isLocalHost(request: Request, response: Response): boolean {
  const host = request.get('host') ?? '';
  if (URL.canParse(`http://${host}`) && isLoopbackHost(new URL(`http://${host}`).hostname)) return true;
  sendError(response, 403, {
    code: 'foreign_host',
    message: 'Without a token only requests to this machine by its own name are answered.',
    hint: 'Call 127.0.0.1 or localhost, or set server.token.',
  });
  return false;
}

/** Browsers say which page a request comes from; no other page than one of ours may change anything. */
function isSameOrigin(request: Request, response: Response): boolean {
  if (request.method === 'GET' || request.method === 'HEAD') return true;
  const [host, origin] = [request.get('host'), request.get('origin')];
  const site = request.get('sec-fetch-site') ?? 'none';
  const hasOwnOrigin = origin === undefined || [`http://${host}`, `https://${host}`].includes(origin);
  if (hasOwnOrigin && (site === 'none' || site === 'same-origin')) return true;
  sendError(response, 403, {
    code: 'foreign_page',
    message: 'The request comes from a page of another site.',
    hint: 'Call from a program, not from a web page.',
  });
  return false;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
