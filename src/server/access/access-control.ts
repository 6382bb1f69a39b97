import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { isLoopbackHost } from '../../lib/loopback.ts';
import type { RunError } from '../../core/model/terms.ts';
import { sendError } from '../http/error-response.ts';
import type { Access } from '../routes/route.ts';
import { AttemptThrottle } from './attempt-throttle.ts';

export interface AccessTokens {
  /** Operates and looks. */
  readonly token: string | null;
  /** Only looks. */
  readonly readToken: string | null;
}

/** Who sent a request: the holder of a token, or a program on this machine where no token is set. */
type Caller = 'operator' | 'reader' | 'local';

export interface AccessControl {
  /** Finds out who sent a request; answers those who may not even look. */
  readonly authenticate: RequestHandler;
  /** Answers callers that may not use endpoints of this kind. */
  require(access: Exclude<Access, 'public'>): RequestHandler;
}

export function createAccessControl(tokens: AccessTokens): AccessControl {
  const callers = new WeakMap<Request, Caller>();
  const identify = tokens.token === null && tokens.readToken === null ? identifyLocal : tokenIdentification(tokens);
  return {
    authenticate: async (request, response, next) => {
      const caller = await identify(request, response);
      if (caller === null) return;
      callers.set(request, caller);
      next();
    },
    require: (access) => (request, response, next) => {
      const refusal = refusalFor(callers.get(request) ?? null, access) ?? foreignPageRefusal(request);
      if (refusal === null) next();
      else sendError(response, 403, refusal);
    },
  };
}

/** Answers the request and returns `null` where the caller is nobody. */
type Identification = (request: Request, response: Response) => Promise<Caller | null> | Caller | null;

function tokenIdentification({ token, readToken }: AccessTokens): Identification {
  const digests = [
    ['operator', token],
    ['reader', readToken],
  ] as const;
  const known = digests.flatMap(([caller, text]) => (text === null ? [] : [{ caller, digest: sha256(text) }]));
  const throttle = new AttemptThrottle();
  return async (request, response) => {
    const presented = /^bearer +(\S+) *$/i.exec(request.get('authorization') ?? '')?.[1];
    if (presented === undefined) return refuseToken(response, 'A token is required.');
    const address = request.socket.remoteAddress ?? '';
    if (!(await throttle.awaitTurn(address, closedSignal(response)))) return refuseAttempt(response);
    const digest = sha256(presented);
    // Digests have one length, and comparing them takes the same time wherever they differ.
    const [match] = known.filter((candidate) => timingSafeEqual(candidate.digest, digest));
    if (match !== undefined) return match.caller;
    throttle.recordFailure(address);
    return refuseToken(response, 'The token is wrong.');
  };
}

function refuseToken(response: Response, message: string): null {
  response.set('WWW-Authenticate', 'Bearer realm="panelsync"');
  const hint = 'Send the header Authorization: Bearer, followed by the value of server.token or server.readToken.';
  sendError(response, 401, { code: 'unauthorized', message, hint });
  return null;
}

function refuseAttempt(response: Response): null {
  response.set('Retry-After', '5');
  sendError(response, 429, {
    code: 'too_many_attempts',
    message: 'Too many wrong tokens came from this address.',
    hint: 'Wait a few seconds, then send the right token.',
  });
  return null;
}

/** A web page can point a name of its own at 127.0.0.1; the browser then sends that name as Host. */
function identifyLocal(request: Request, response: Response): Caller | null {
  const host = request.get('host') ?? '';
  if (URL.canParse(`http://${host}`) && isLoopbackHost(new URL(`http://${host}`).hostname)) return 'local';
  sendError(response, 403, {
    code: 'foreign_host',
    message: 'Without a token only requests to a loopback address are answered.',
    hint: 'Call 127.0.0.1 or localhost, or set server.token.',
  });
  return null;
}

function refusalFor(caller: Caller | null, access: Exclude<Access, 'public'>): RunError | null {
  if (access === 'people' && caller === 'local')
    return {
      code: 'token_required',
      message: 'This address shows people, so it requires a token.',
      hint: 'Set server.token or server.readToken, restart the daemon, and send the token.',
    };
  if (access === 'operate' && caller === 'reader')
    return {
      code: 'read_only_token',
      message: 'The token may read only.',
      hint: 'Send the value of server.token to start or change something.',
    };
  return null;
}

/** Browsers say which page a request comes from; only a page of this server may change anything. */
function foreignPageRefusal(request: Request): RunError | null {
  if (request.method === 'GET' || request.method === 'HEAD') return null;
  const [host, origin] = [request.get('host'), request.get('origin')];
  const site = request.get('sec-fetch-site') ?? 'none';
  const hasOwnOrigin = origin === undefined || [`http://${host}`, `https://${host}`].includes(origin);
  if (hasOwnOrigin && (site === 'none' || site === 'same-origin')) return null;
  return {
    code: 'foreign_page',
    message: 'The request comes from a page of another site.',
    hint: 'Call from a program, not from a web page.',
  };
}

function closedSignal(response: Response): AbortSignal {
  const closed = new AbortController();
  response.once('close', () => closed.abort());
  return closed.signal;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
