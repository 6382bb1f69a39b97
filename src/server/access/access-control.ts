/** Who may what: tokens for programs, sessions for the page, nobody else; on loopback without tokens, this machine. */

import type { Request, RequestHandler, Response } from 'express';
import { isLoopbackHost } from '../../lib/loopback.ts';
import type { RunError } from '../../core/model/terms.ts';
import { closedSignal } from '../http/closed-signal.ts';
import { sendError } from '../http/error-response.ts';
import type { PeopleVisibility } from '../people/people.ts';
import type { Access } from '../routes/route.ts';
import { foreignPageRefusal } from './page-origin.ts';
import { clearSessionCookie, readSessionIds, setSessionCookie } from './session-cookie.ts';
import { Sessions } from './sessions.ts';
import type { Session, TokenRole } from './sessions.ts';
import { TokenCheck } from './token-check.ts';
import type { AccessTokens } from './token-check.ts';

/** Who sent a request: the holder of a token, or a program on this machine where no token is set. */
export interface Caller {
  readonly role: TokenRole | 'local';
  /** `null` where the request carries the token itself. */
  readonly session: Session | null;
}

export class AccessControl {
  /** Whether requests need a token or a session. */
  readonly tokenRequired: boolean;
  readonly #callers = new WeakMap<Request, Caller>();
  readonly #sessions = new Sessions();
  readonly #tokens: TokenCheck;

  constructor(tokens: AccessTokens) {
    this.tokenRequired = tokens.token !== null || tokens.readToken !== null;
    this.#tokens = new TokenCheck(tokens);
  }

  /** Finds out who sent a request; answers those who may not even look. */
  readonly authenticate: RequestHandler = async (request, response, next) => {
    const caller = await this.#identify(request, response);
    if (caller === 'answered') return;
    if (caller !== null) {
      this.#callers.set(request, caller);
      return next();
    }
    const hasEnded = readSessionIds(request).length > 0;
    refuseToken(response, hasEnded ? 'The session has ended.' : 'A token is required.');
  };

  /** Answers callers that may not use endpoints of this kind. */
  require(access: Access): RequestHandler {
    return (request, response, next) => {
      const caller = this.callerOf(request);
      const refusal = refusalFor(caller, access) ?? foreignPageRefusal(request, caller?.session != null);
      if (refusal === null) next();
      else sendError(response, refusal.code === 'not_json' ? 415 : 403, refusal);
    };
  }

  /** `null` on public addresses. */
  callerOf(request: Request): Caller | null {
    return this.#callers.get(request) ?? null;
  }

  visibilityFor(request: Request): PeopleVisibility {
    const caller = this.callerOf(request);
    return caller !== null && seesPeople(caller) ? 'shown' : 'masked';
  }

  /** For addresses that answer strangers as well: `null` for them; a wrong token is answered as everywhere. */
  async identifyGuest(request: Request, response: Response): Promise<Caller | null | 'answered'> {
    return this.#identify(request, response);
  }

  /** Opens a session for the holder of a token, in place of the one that the browser has. */
  async signIn(request: Request, response: Response, presented: string): Promise<Caller | 'answered'> {
    const role = await this.#checkToken(request, response, presented);
    if (role === 'answered') return role;
    this.#endSessions(request);
    const { id, session } = this.#sessions.create(role);
    setSessionCookie(request, response, id);
    return { role, session };
  }

  signOut(request: Request, response: Response): void {
    this.#endSessions(request);
    clearSessionCookie(request, response);
  }

  #endSessions(request: Request): void {
    for (const id of readSessionIds(request)) this.#sessions.end(id);
  }

  async #identify(request: Request, response: Response): Promise<Caller | null | 'answered'> {
    if (!this.tokenRequired) return identifyLocal(request, response);
    if (request.get('authorization') === undefined) return this.#identifySession(request);
    const presented = /^bearer +(\S+) *$/i.exec(request.get('authorization') ?? '')?.[1];
    if (presented === undefined) return refuseToken(response, 'A token is required.');
    const role = await this.#checkToken(request, response, presented);
    return role === 'answered' ? role : { role, session: null };
  }

  #identifySession(request: Request): Caller | null {
    const sessions = readSessionIds(request).map((id) => this.#sessions.find(id));
    const session = sessions.find((candidate) => candidate !== null) ?? null;
    return session === null ? null : { role: session.role, session };
  }

  async #checkToken(request: Request, response: Response, presented: string): Promise<TokenRole | 'answered'> {
    const address = request.socket.remoteAddress ?? '';
    const result = await this.#tokens.check({ presented, address, signal: closedSignal(response) });
    if (result === 'too_many') return refuseAttempt(response);
    if (result === 'wrong') return refuseToken(response, 'The token is wrong.');
    return result;
  }
}

/** Programs with the operating token see people; on the page somebody has to ask first. */
export function seesPeople({ role, session }: Caller): boolean {
  return role === 'operator' && (session === null || session.showsPeople);
}

function refuseToken(response: Response, message: string): 'answered' {
  response.set('WWW-Authenticate', 'Bearer realm="panelsync"');
  const hint =
    'Send the header Authorization: Bearer, followed by the value of server.token or server.readToken; on the page, sign in.';
  sendError(response, 401, { code: 'unauthorized', message, hint });
  return 'answered';
}

function refuseAttempt(response: Response): 'answered' {
  response.set('Retry-After', '5');
  sendError(response, 429, {
    code: 'too_many_attempts',
    message: 'Too many wrong tokens came from this address.',
    hint: 'Wait a few seconds, then send the right token.',
  });
  return 'answered';
}

/** A web page can point a name of its own at 127.0.0.1; the browser then sends that name as Host. */
function identifyLocal(request: Request, response: Response): Caller | 'answered' {
  const host = request.get('host') ?? '';
  if (URL.canParse(`http://${host}`) && isLoopbackHost(new URL(`http://${host}`).hostname))
    return { role: 'local', session: null };
  sendError(response, 403, {
    code: 'foreign_host',
    message: 'Without a token only requests to a loopback address are answered.',
    hint: 'Call 127.0.0.1 or localhost, or set server.token.',
  });
  return 'answered';
}

function refusalFor(caller: Caller | null, access: Access): RunError | null {
  if (access === 'people' && caller?.role === 'local')
    return {
      code: 'token_required',
      message: 'This address shows people, so it requires a token.',
      hint: 'Set server.token or server.readToken, restart the daemon, and send the token.',
    };
  if (access === 'operate' && caller?.role === 'reader')
    return {
      code: 'read_only_token',
      message: 'The token may read only.',
      hint: 'Send the value of server.token to start or change something.',
    };
  return null;
}
